"""Parts: long-running processes of the sandbox, each declared by one file that init watches.

A file that appears starts its process, one that changes restarts it, one that goes stops it; a
process that dies is started again. A part named `node-a/kubelet` is run by that node's machine.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import paths

STATUS = paths.RUN / "parts"


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process that is to run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"
    address: str = ""
    """Held on the bridge while the part exists."""
    stop_signal: str = "SIGTERM"
    grace: float = 10
    """Seconds from the stop signal to SIGKILL."""
    ready: str = ""
    """What shows that the part is of use: an http or https URL that answers 200, a tcp://address:port
    that accepts, or a file:// that the part has touched."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """A part's process; there is one from its start until it is stopped."""

    pid: int
    """As seen inside the sandbox."""
    started: float
    restarts: int
    version: int
    """Of the file that it was started from."""


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this project; init's PATH says with which Python."""
    return ["python3", "-u", "-m", module, *arguments]


def file(name: str) -> Path:
    """Where the part is declared."""
    return paths.PARTS / f"{name}.json"


def log(name: str) -> Path:
    """Where the part's output goes."""
    return paths.LOG / f"{name.replace('/', '-')}.log"


def write(part: Service) -> None:
    """Declare a part; one that is declared just so already is left alone."""
    path, text = file(part.name), json.dumps(asdict(part), indent=2)
    if path.exists() and path.read_text() == text:
        return
    write_atomically(path, text)


def remove(name: str) -> None:
    """Take a part's declaration away; init stops it."""
    file(name).unlink(missing_ok=True)


def restart(name: str) -> None:
    """Have a part stopped and started again, and return once it runs."""
    file(name).touch()
    wait_started(name)


def read(path: Path) -> Service:
    """The part that a file declares."""
    return Service(**json.loads(path.read_text()))


def declared() -> Iterator[Service]:
    """Every part that is to run, the nodes' own included."""
    for path in sorted(paths.PARTS.rglob("*.json")):
        yield read(path)


def status(name: str) -> Status | None:
    """What is known of the part's process; None when there is none."""
    try:
        return Status(**json.loads((STATUS / f"{name}.json").read_text()))
    except FileNotFoundError:
        return None


def current(name: str) -> Status | None:
    """The status of a process that was started from the declaration as it is now."""
    try:
        version = file(name).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    state = status(name)
    return state if state and state.version == version else None


def wait_started(name: str, seconds: float = 20) -> None:
    """Return once the part runs as it is declared now."""
    wait_until(lambda: current(name) is not None, f"{name} to start", seconds, name)


def wait_stopped(name: str, seconds: float = 40) -> None:
    """Return once no process of the part is left."""
    wait_until(lambda: status(name) is None, f"{name} to stop", seconds, name)


def wait_until(
    holds: Callable[[], bool], what: str, seconds: float, part: str = "", pause: float = 0.05
) -> None:
    """Poll until it holds; a part that keeps it waiting is named with the end of its log."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            message = f"waited {seconds:.0f} s for {what}"
            raise SandboxError(f"{message}; {tail(part)}" if part else message)
        time.sleep(pause)


def tail(name: str, lines: int = 5) -> str:
    """The end of a part's log, for an error."""
    path = log(name)
    text = path.read_text(errors="replace") if path.exists() else ""
    return f"the end of {path}:\n" + "\n".join(text.splitlines()[-lines:])


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file in one step, so that no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.touch(mode)
    temporary.write_text(text)
    temporary.replace(path)
