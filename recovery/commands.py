"""Runs pulumi and helm in the ambient environment."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence

Result = subprocess.CompletedProcess[str]
Run = Callable[[Sequence[str], Mapping[str, str]], Result]
"""Runs a command with additions to the environment and does not check its exit code."""

_INSTALLATION = {
    "helm": "https://helm.sh/docs/intro/install",
    "pulumi": "https://www.pulumi.com/docs/install",
}


class RecoveryError(Exception):
    """Says in one line why recovery stops."""


def run(command: Sequence[str], additions: Mapping[str, str]) -> Result:
    """Run a command. Its output stays in memory, as it may be a stack's state."""
    if shutil.which(command[0]) is None:
        raise RecoveryError(f"{command[0]} is not on PATH: install it, {_INSTALLATION[command[0]]}")
    return subprocess.run(
        command,
        env={**os.environ, **additions},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def checked(result: Result) -> str:
    """The standard output of a command that succeeded."""
    if result.returncode:
        raise RecoveryError(f"`{' '.join(result.args[:3])}` failed: {error_line(result)}")
    return result.stdout


def error_line(result: Result) -> str:
    """The line in which a CLI says what went wrong."""
    lines = [line.strip() for line in f"{result.stdout}\n{result.stderr}".splitlines()]
    errors = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("error:")]
    telling = [line for line in errors if line not in ("update failed", "preview failed")]
    return next(iter(telling or errors or filter(None, reversed(lines))), "no message")
