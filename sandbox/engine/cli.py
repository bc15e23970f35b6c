"""The Pulumi CLI, with a home, a backend, plugins and stack files of the sandbox's own."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from sandbox import SandboxError
from sandbox.engine import overlay
from sandbox.engine.home import environment
from sandbox.engine.stack import Stack
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
            extra += [_FILE, str(overlay.write(stack, source))]
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
