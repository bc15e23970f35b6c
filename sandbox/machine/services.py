"""The long-running processes of the sandbox, each declared by a file that its supervisor watches.

A new file starts a service, a changed file restarts it, a removed file stops it. A service that
exits is restarted. Service `node-a/kubelet` runs on node node-a, under that node's supervisor.
Not to be confused with Kubernetes Services, which are always called that.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import files, paths

STATUS = paths.RUN / "status"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service as declared."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = "root"
    address: str = ""
    """An IP address that is added to the bridge while the service is declared."""
    stop_signal: str = "SIGTERM"
    grace_seconds: float = 10
    """The time from the stop signal to SIGKILL."""
    ready: str = ""
    """Readiness check: an http or https URL that returns 200, a tcp://address:port that accepts a
    connection, or a file:// URL of a file that the service touches after its start."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """The process of a service; recorded at its start, removed when it is stopped."""

    pid: int
    """In the PID namespace of the supervisor."""
    started_at: float
    restarts: int
    version: int
    """Modification time, in ns, of the declaration that the process was started from."""


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a Python module of this project; `python3` is found on init's PATH."""
    return ["python3", "-u", "-m", module, *arguments]


def declaration_file(name: str) -> Path:
    """The file that declares the service."""
    return paths.SERVICES / f"{name}.json"


def log_file(name: str) -> Path:
    """The file with the service's output."""
    return paths.LOG / f"{name.replace('/', '-')}.log"


def write(service: Service) -> None:
    """Declare a service; if its declaration has not changed, it is not restarted."""
    path, text = declaration_file(service.name), json.dumps(asdict(service), indent=2)
    if path.exists() and path.read_text() == text:
        return
    files.write_atomically(path, text)


def remove(name: str) -> None:
    """Remove a service's declaration; the supervisor then stops the service."""
    declaration_file(name).unlink(missing_ok=True)


def restart(name: str) -> None:
    """Restart a service and wait until its new process has started."""
    declaration_file(name).touch()
    wait_started(name)


def read(path: Path) -> Service:
    """Read the service that a file declares."""
    return Service(**json.loads(path.read_text()))


def declared() -> Iterator[Service]:
    """All declared services, including those of the nodes."""
    for path in sorted(paths.SERVICES.rglob("*.json")):
        yield read(path)


def status(name: str) -> Status | None:
    """The service's last recorded status, or None if the service is stopped."""
    try:
        return Status(**json.loads((STATUS / f"{name}.json").read_text()))
    except FileNotFoundError:
        return None


def current_status(name: str) -> Status | None:
    """The service's status, or None unless it was started from its present declaration."""
    try:
        version = declaration_file(name).stat().st_mtime_ns
    except FileNotFoundError:
        return None
    state = status(name)
    return state if state and state.version == version else None


def wait_started(name: str, seconds: float = 20) -> None:
    """Wait until the service has been started from its present declaration."""
    wait_until(lambda: current_status(name) is not None, f"{name} to start", seconds, name)


def wait_stopped(name: str, seconds: float = 40) -> None:
    """Wait until all processes of the service have ended."""
    wait_until(lambda: status(name) is None, f"{name} to stop", seconds, name)


def wait_until(
    condition: Callable[[], bool],
    description: str,
    seconds: float,
    service: str = "",
    pause: float = 0.05,
) -> None:
    """Poll until the condition is true; a timeout is an error with the end of the service's log."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            message = f"timed out after {seconds:.0f} s waiting for {description}"
            raise SandboxError(f"{message}; {log_tail(service)}" if service else message)
        time.sleep(pause)


def log_tail(name: str, lines: int = 5) -> str:
    """The last lines of a service's log, for an error message."""
    path = log_file(name)
    text = path.read_text(errors="replace") if path.exists() else ""
    return f"last lines of {path}:\n" + "\n".join(text.splitlines()[-lines:])
