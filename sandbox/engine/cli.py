"""Runs the Pulumi CLI with the sandbox's own home, backend, plugins and stack files."""

import json
import signal
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
_READS_SETTINGS = {
    *("config", "destroy", "import", "logs", "preview", "refresh", "up", "watch"),
    *("down", "pre", "update"),
}
"""Commands that read a stack's settings."""
_TAKES_STACK = {"cancel", "state"}
"""Commands that read no settings but accept `--stack`."""
_STACK_SUBCOMMANDS = {None, "export", "graph", "history", "import", "output", "tag"}
"""Subcommands of `pulumi stack` that accept `--stack`; None: no subcommand."""


def run(arguments: Sequence[str]) -> int:
    """Run the CLI in the project folder; add the stack and the sandbox's settings file."""
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
        # Without it, the CLI also deletes the project's own settings file.
        extra.append("--preserve-config")
    # A terminal sends Ctrl-C to both. The CLI ends what it does; this process must not kill it.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        process = subprocess.run(
            ["pulumi", *command.arguments, *extra], cwd=paths.ROOT, env=environment(), check=False
        )
    finally:
        signal.signal(signal.SIGINT, before)
    return process.returncode


def show(stack: str) -> int:
    """Print the outputs, Coder's URL and the command that sets up kubectl, helm and pulumi."""
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
    """The parsed command line of a Pulumi command."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.stack = _option(arguments, "-s", "--stack")
        self.directory = paths.ROOT / (_option(arguments, "-C", "--cwd") or "")
        options = (("-s", "--stack"), ("-C", "--cwd"), (_FILE, _FILE))
        skipped = {_option(arguments, *names) for names in options}
        words = [word for word in arguments if word[0] != "-" and word not in skipped]
        name, action = (*words, None, None)[:2]
        plain = not {"-h", "--help"} & set(arguments)
        # These edit the project's own settings file, from which the overlay is generated.
        edits_settings = name == "config" and action in ("set", "set-all", "rm", "cp", "refresh")
        self.configured = plain and name in _READS_SETTINGS and not edits_settings
        self.arguments = list(arguments)
        self.settings: Path | None = None
        """The file of --config-file; replaces the stack's own as the source."""
        if self.configured and (given := _option(arguments, _FILE, _FILE)):
            self.settings = self.directory / given
            self.arguments = [word for word in arguments if word not in (_FILE, given)]
            self.arguments = [word for word in self.arguments if not word.startswith(f"{_FILE}=")]
        self.removes_stack = plain and name == "stack" and action in ("rm", "remove")
        self.stack_wanted = plain and (
            name in _READS_SETTINGS | _TAKES_STACK
            or (name == "stack" and action in _STACK_SUBCOMMANDS)
        )


def _option(arguments: Sequence[str], short: str, long: str) -> str | None:
    """The value of an option, written as `-s X`, `-sX`, `--stack X` or `--stack=X`."""
    for word, following in zip(arguments, [*arguments[1:], None], strict=True):
        if word in (short, long):
            return following
        if word.startswith(f"{long}="):
            return word.removeprefix(f"{long}=")
        if word.startswith(short) and not word.startswith("--"):
            return word.removeprefix(short)
    return None
