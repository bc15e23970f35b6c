"""The Pulumi CLI, with a home, a backend, plugins and stack files of the sandbox's own."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from sandbox import SandboxError
from sandbox.engine import wrappers
from sandbox.machine import paths

DEFAULT_STACK = "dev"
_FILE = "--config-file"
_CONFIGURED = {
    *("config", "destroy", "import", "logs", "preview", "refresh", "up", "watch"),
    *("down", "pre", "update"),
}
"""Commands that read a stack's settings."""
_STACK = {"cancel", "state"}
_OF_A_STACK = {None, "export", "graph", "history", "import", "output", "tag"}
"""What `pulumi stack` does to the stack that `--stack` names."""


def environment(state: Path = paths.PULUMI) -> dict[str, str]:
    """The environment to run the CLI in; what it needs below `state` is made."""
    home, backend, passphrase = state / "home", state / "backend", state / "passphrase"
    for directory in (home, backend):
        directory.mkdir(parents=True, exist_ok=True)
    if not passphrase.exists():
        write_private(passphrase, secrets.token_urlsafe(24))
    path = f"{paths.BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    wrappers.install_language_host(path)
    wrappers.install_plugins(home)
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return ours | {
        "PATH": path,
        "KUBECONFIG": str(paths.KUBECONFIG),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "HELM_CACHE_HOME": str(state / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(state / "helm" / "config"),
        "HELM_DATA_HOME": str(state / "helm" / "data"),
    }


def run(arguments: Sequence[str]) -> int:
    """Run the CLI in the project, on the stack and the settings that the sandbox gives it."""
    command = Command(arguments)
    extra: list[str] = []
    if command.stack_wanted:
        stack = Stack(command.stack or DEFAULT_STACK, command.directory)
        extra += [] if command.stack else ["--stack", stack.name]
        if command.configured:
            source = stack.source(command.settings)
            stack.ensure()
            extra += [_FILE, str(stack.overlay(source))]
    if command.removes_stack:
        # Else the CLI would delete the project's own settings file too.
        extra.append("--preserve-config")
    process = subprocess.run(
        ["pulumi", *command.arguments, *extra], cwd=paths.ROOT, env=environment(), check=False
    )
    return process.returncode


def show(stack: str) -> int:
    """Say where Coder answers, and how to look at it."""
    outputs = json.loads(Stack(stack).output("stack", "output", "--json") or "{}")
    for name, value in outputs.items():
        print(f"  {name}: {value}")
    if "address" not in outputs:
        raise SandboxError(f"stack {stack} is not up: run `python -m sandbox pulumi up`")
    urls = dict.fromkeys((outputs["accessUrl"], f"http://{outputs['address']}"))
    print(f"Coder answers at {' and at '.join(urls)}")
    print('kubectl, helm and pulumi: eval "$(venv/bin/python -m sandbox env)"; the end: make down')
    return 0


class Command:
    """What a command line asks of the CLI."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.stack = _option(arguments, "-s", "--stack")
        self.directory = paths.ROOT / (_option(arguments, "-C", "--cwd") or "")
        options = (("-s", "--stack"), ("-C", "--cwd"), (_FILE, _FILE))
        skipped = {_option(arguments, *names) for names in options}
        words = [word for word in arguments if word[0] != "-" and word not in skipped]
        name, action = (*words, None, None)[:2]
        plain = not {"-h", "--help"} & set(arguments)
        # What is set is set in the project's own file, which the overlay is made of.
        setting = name == "config" and action in ("set", "set-all", "rm", "cp", "refresh")
        self.configured = plain and name in _CONFIGURED and not setting
        self.arguments = list(arguments)
        self.settings: Path | None = None
        """The file given in place of the stack's own; the overlay is made of it."""
        if self.configured and (given := _option(arguments, _FILE, _FILE)):
            self.settings = self.directory / given
            self.arguments = [word for word in arguments if word not in (_FILE, given)]
            self.arguments = [word for word in self.arguments if not word.startswith(f"{_FILE}=")]
        self.removes_stack = plain and name == "stack" and action in ("rm", "remove")
        self.stack_wanted = plain and (
            name in _CONFIGURED | _STACK or (name == "stack" and action in _OF_A_STACK)
        )


class Stack:
    """A stack of a project in the sandbox's backend."""

    def __init__(self, name: str, directory: Path = paths.ROOT) -> None:
        self.name = name
        self.directory = directory
        self.project = str(yaml.safe_load((directory / "Pulumi.yaml").read_text())["name"])
        self._own = paths.PULUMI / "stacks" / self.project
        """The CLI writes what belongs to a new stack here, and not into the project."""
        self._settings = self._own / f"Pulumi.{name}.yaml"

    @property
    def exists(self) -> bool:
        """Whether the backend knows it; asking the CLI takes half a second each time."""
        stacks = paths.PULUMI / "backend" / ".pulumi" / "stacks" / self.project
        return any((stacks / f"{self.name}.{kind}").exists() for kind in ("json", "json.gz"))

    def ensure(self) -> None:
        """Make it, unless it is there."""
        if not self.exists:
            subprocess.run(
                ["pulumi", "stack", "init", self.name, "--no-select"],
                cwd=self._init_directory(),
                env=environment(),
                check=True,
                stdout=subprocess.DEVNULL,
            )

    def source(self, given: Path | None = None) -> Path:
        """What the settings are made of: the file that was given, or the project's own."""
        source = given or self.directory / f"Pulumi.{self.name}.yaml"
        if not source.exists():
            known = sorted(file.name for file in self.directory.glob("Pulumi.*.yaml"))
            raise SandboxError(
                f"stack {self.name}: there is no {source.name} in {self.directory}; "
                f"there is {', '.join(known) or 'none of another name either'}"
            )
        return source

    def overlay(self, source: Path) -> Path:
        """The stack's settings file: the source with the sandbox's overrides."""
        from sandbox.engine import overlay

        return overlay.write(self, source, self.settings, self._settings)

    @property
    def settings(self) -> Path:
        """The settings file that was written last."""
        return self._own / "overlay" / f"Pulumi.{self.name}.yaml"

    def output(self, *words: str, check: bool = True) -> str:
        """What a command of the CLI prints about the stack."""
        done = subprocess.run(
            ["pulumi", *words, "--stack", f"organization/{self.project}/{self.name}"],
            cwd=self._init_directory(),
            env=environment(),
            check=False,
            stdout=subprocess.PIPE,
            text=True,
        )
        if check and done.returncode:
            raise SandboxError(f"`pulumi {' '.join(words)}` failed for stack {self.name}")
        return done.stdout

    def set_secret(self, key: str, value: str, file: Path) -> None:
        """Encrypt a value into a settings file; it is in no argument."""
        words = ["config", "set", "--secret", "--path", key, "--config-file", str(file)]
        subprocess.run(
            ["pulumi", *words, "--stack", self.name, "--non-interactive"],
            cwd=self._init_directory(),
            env=environment(),
            check=True,
            input=value,
            text=True,
            stdout=subprocess.DEVNULL,
        )

    def _init_directory(self) -> Path:
        self._own.mkdir(parents=True, exist_ok=True)
        file = self._own / "Pulumi.yaml"
        if not file.exists():
            file.write_text(yaml.safe_dump({"name": self.project, "runtime": "python"}))
        return self._own


def _option(arguments: Sequence[str], short: str, long: str) -> str | None:
    """An option's value, in any of the ways that it may be written."""
    for word, following in zip(arguments, [*arguments[1:], None], strict=True):
        if word in (short, long):
            return following
        if word.startswith(f"{long}="):
            return word.removeprefix(f"{long}=")
        if word.startswith(short) and not word.startswith("--"):
            return word.removeprefix(short)
    return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def recover(stack: str) -> int:
    """Put right what a killed update left behind."""
    from sandbox.engine import recovery

    for line in recovery.recover(Stack(stack)) or ["nothing to put right"]:
        print(f"recover {stack}: {line}", file=sys.stderr)
    return 0
