"""Locks that keep two commands from changing the same thing at the same time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import paths


@contextlib.contextmanager
def exclusive(name: str, *, wait: bool = False, directory: Path = paths.STATE) -> Iterator[None]:
    """Hold the lock; if another process holds it, wait for it or raise an error that names it."""
    path = directory / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise SandboxError(_held_message(path)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _held_message(path: Path) -> str:
    holder = path.read_text() or "unknown"
    with contextlib.suppress(OSError):
        command = Path("/proc", holder, "cmdline").read_bytes().replace(b"\0", b" ")
        holder += f", {command.decode(errors='replace').strip()}"
    return f"another command is changing the sandbox (process {holder}); wait until it has ended"
