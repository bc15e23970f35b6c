"""A program in one stack of a real engine."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SECRET = "4dabf18193072939515e22adb298388d"


class Stack:
    """One program in one stack."""

    def __init__(self, folder: Path, environment: Mapping[str, str], name: str = "dev") -> None:
        self.folder = folder
        self.name = name
        self.cloud.mkdir(parents=True)
        (folder / "backend").mkdir()
        self.environment = dict(environment) | {
            "NO_COLOR": "1",
            "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
            "TOY_CLOUD": str(self.cloud),
        }
        (folder / "Pulumi.yaml").write_text(f"name: {folder.name}\nruntime: python\n")
        self.run("stack", "init", name)

    @property
    def cloud(self) -> Path:
        return self.folder / "cloud"

    def program(self, text: str) -> "Stack":
        header = (Path(__file__).parent / "toy_sdk.py").read_text()
        (self.folder / "__main__.py").write_text(f"{header}\n{text}\n")
        return self

    def command(self, *words: str) -> list[str]:
        return ["pulumi", *words, "--stack", self.name, "--non-interactive"]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI; stderr is merged into stdout."""
        command = ["pulumi", *words] if words[:2] == ("stack", "init") else self.command(*words)
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
        )

    def up(self, *words: str) -> str:
        return self._good("up", "--yes", "--skip-preview", *words)

    def preview(self, *words: str) -> str:
        return self._good("preview", "--diff", *words)

    def plan(self) -> str:
        """What `pulumi preview --json` prints, also where the preview fails."""
        command = self.command("preview", "--json")
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, capture_output=True
        )
        return done.stdout

    def refresh(self) -> str:
        return self._good("refresh", "--yes", "--skip-preview")

    def fails(self, *words: str) -> str:
        result = self.run(*words)
        assert result.returncode != 0, f"pulumi {words[0]} should have failed:\n{result.stdout}"
        assert "Traceback" not in result.stdout, result.stdout
        return result.stdout

    def _good(self, *words: str) -> str:
        result = self.run(*words)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def resource(self, name: str) -> dict[str, Any]:
        """A resource of the state; its secrets are `{…: ciphertext}`."""
        return next(item for item in self.resources() if item["urn"].endswith(f"::{name}"))

    def resources(self) -> list[dict[str, Any]]:
        return self._deployment().get("resources", [])

    def pending_operations(self) -> list[dict[str, Any]]:
        """What a killed update has left unfinished in the state."""
        return self._deployment().get("pending_operations", [])

    def _deployment(self) -> dict[str, Any]:
        return json.loads(self._good("stack", "export"))["deployment"]

    def things(self) -> dict[str, dict[str, Any]]:
        """The objects in the toy cloud."""
        return {file.stem: json.loads(file.read_text()) for file in self.cloud.iterdir()}


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and _SECRET in value
