"""Renders the stand-in charts with the real Helm, for the tests of what they do."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.machine import paths

KUBERNETES = "1.34.4"


@dataclass(frozen=True)
class Render:
    """What Helm made of one chart and one set of values."""

    code: int
    error: str
    objects: list[dict[str, Any]]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """The one object of this kind and name."""
        (found,) = (o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)
        return found

    def count(self, kind: str) -> int:
        """How many objects there are of this kind."""
        return sum(o["kind"] == kind for o in self.objects)

    def pod(self) -> dict[str, Any]:
        """The spec of Coder's pods."""
        (deployment,) = (o for o in self.objects if o["kind"] == "Deployment")
        return deployment["spec"]["template"]["spec"]

    def containers(self) -> Iterator[dict[str, Any]]:
        """Coder's containers, those of the migrations first."""
        yield from self.pod().get("initContainers", [])
        yield from self.pod()["containers"]

    def environments(self) -> list[dict[str, Any]]:
        """Each container's environment, by name; a reference is given as it is."""
        return [
            {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in box["env"]}
            for box in self.containers()
        ]

    def environment(self) -> dict[str, Any]:
        """The server's own environment."""
        return self.environments()[-1]


def render(chart: Path, values: dict[str, Any], kubernetes: str = KUBERNETES) -> Render:
    """Render one packaged chart as a release of another name in the namespace coder."""
    command = [_helm(), "template", "another", str(chart), "--namespace", "coder"]
    command += ["--kube-version", kubernetes, "--values", "-"]
    done = subprocess.run(
        command, input=yaml.safe_dump(values), capture_output=True, text=True, check=False
    )
    objects = yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
    return Render(done.returncode, done.stderr, [o for o in objects if o])


def _helm() -> str:
    own = paths.BIN / "helm"
    found = str(own) if own.exists() else shutil.which("helm")
    assert found, f"no helm on PATH or in {paths.BIN}: make it with `python -m sandbox setup`"
    return found
