"""Renders the stand-in charts with Helm."""

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
    """The result of rendering a chart with one set of values."""

    code: int
    error: str
    objects: list[dict[str, Any]]

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """The object with this kind and name."""
        (found,) = (o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)
        return found

    def count(self, kind: str) -> int:
        """The number of objects of this kind."""
        return sum(o["kind"] == kind for o in self.objects)

    def pod(self) -> dict[str, Any]:
        """The spec of Coder's pods."""
        (deployment,) = (o for o in self.objects if o["kind"] == "Deployment")
        return deployment["spec"]["template"]["spec"]

    def containers(self) -> Iterator[dict[str, Any]]:
        """The containers of Coder's pods, init containers first."""
        yield from self.pod().get("initContainers", [])
        yield from self.pod()["containers"]

    def environments(self) -> list[dict[str, Any]]:
        """The environment variables of each container: the value, or else `valueFrom`."""
        return [
            {
                entry["name"]: entry.get("value", entry.get("valueFrom"))
                for entry in container["env"]
            }
            for container in self.containers()
        ]

    def environment(self) -> dict[str, Any]:
        """The environment variables of the Coder server."""
        return self.environments()[-1]


def render(chart: Path, values: dict[str, Any], kubernetes: str = KUBERNETES) -> Render:
    """Render a packaged chart in namespace coder; no object may depend on the release's name."""
    command = [_helm(), "template", "another", str(chart), "--namespace", "coder"]
    command += ["--kube-version", kubernetes, "--values", "-"]
    done = subprocess.run(
        command, input=yaml.safe_dump(values), capture_output=True, text=True, check=False
    )
    objects = yaml.load_all(done.stdout, Loader=yaml.CSafeLoader)
    return Render(done.returncode, done.stderr, [o for o in objects if o])


def _helm() -> str:
    built = paths.BIN / "helm"
    found = str(built) if built.exists() else shutil.which("helm")
    assert found, f"helm is neither on PATH nor in {paths.BIN}; build it: `python -m sandbox setup`"
    return found
