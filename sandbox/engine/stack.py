"""A stack in the sandbox's backend."""

import subprocess
from pathlib import Path

import yaml

from sandbox import SandboxError
from sandbox.engine.home import environment
from sandbox.machine import paths


class Stack:
    """A stack of a project in the sandbox's backend."""

    def __init__(self, name: str, directory: Path = paths.ROOT) -> None:
        self.name = name
        self.directory = directory
        self.project = str(yaml.safe_load((directory / "Pulumi.yaml").read_text())["name"])
        self._own = paths.PULUMI / "stacks" / self.project
        """The sandbox's folder for the project's stacks; the CLI writes new stack files here."""
        self.initial_settings = self._own / f"Pulumi.{name}.yaml"
        """The settings file that `pulumi stack init` wrote."""

    @property
    def exists(self) -> bool:
        """Whether the backend has the stack; read from files, as the CLI takes half a second."""
        stacks = paths.PULUMI / "backend" / ".pulumi" / "stacks" / self.project
        return any((stacks / f"{self.name}.{kind}").exists() for kind in ("json", "json.gz"))

    def ensure(self) -> None:
        """Create the stack, unless it exists."""
        if not self.exists:
            subprocess.run(
                ["pulumi", "stack", "init", self.name, "--no-select"],
                cwd=self.project_folder(),
                env=environment(),
                check=True,
                stdout=subprocess.DEVNULL,
            )

    def source(self, given: Path | None = None) -> Path:
        """The settings file to start from: the given one, or the project's own."""
        source = given or self.directory / f"Pulumi.{self.name}.yaml"
        if not source.exists():
            known = sorted(file.name for file in self.directory.glob("Pulumi.*.yaml"))
            raise SandboxError(
                f"stack {self.name}: there is no {source.name} in {self.directory}; "
                f"there is {', '.join(known) or 'none of another name either'}"
            )
        return source

    @property
    def settings(self) -> Path:
        """The settings file with the sandbox's overrides, as last written."""
        return self._own / "overlay" / f"Pulumi.{self.name}.yaml"

    def output(self, *words: str, check: bool = True) -> str:
        """The standard output of a Pulumi command on the stack."""
        done = subprocess.run(
            ["pulumi", *words, "--stack", f"organization/{self.project}/{self.name}"],
            cwd=self.project_folder(),
            env=environment(),
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        )
        if check and done.returncode:
            raise SandboxError(f"`pulumi {' '.join(words)}` failed for stack {self.name}")
        return done.stdout

    def set_secret(self, key: str, value: str, file: Path) -> None:
        """Store an encrypted value in a settings file; the value is passed on standard input."""
        words = ["config", "set", "--secret", "--path", key, "--config-file", str(file)]
        subprocess.run(
            ["pulumi", *words, "--stack", self.name, "--non-interactive"],
            cwd=self.project_folder(),
            env=environment(),
            check=True,
            input=value,
            text=True,
            stdout=subprocess.DEVNULL,
        )

    def project_folder(self) -> Path:
        """A folder whose Pulumi.yaml has only the project name; for commands without a program."""
        self._own.mkdir(parents=True, exist_ok=True)
        file = self._own / "Pulumi.yaml"
        if not file.exists():
            file.write_text(yaml.safe_dump({"name": self.project, "runtime": "python"}))
        return self._own
