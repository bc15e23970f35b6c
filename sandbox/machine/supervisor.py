"""Runs the parts of one directory: starts, stops and restarts them, and reaps orphans."""

import contextlib
import json
import os
import pwd
import select
import signal
import subprocess
import time
from dataclasses import asdict
from pathlib import Path

from sandbox.machine import network, paths, services

PAUSE = 0.1
SHORTEST_DELAY, LONGEST_DELAY = 0.2, 5.0
"""Seconds before a part that died is started again; doubled for one that keeps dying."""
STEADY = 10.0
"""Seconds after which a part counts as running steadily."""


class Process:
    """One declared part and the process that runs it."""

    def __init__(self, part: services.Service, version: int) -> None:
        self.part, self.version = part, version
        self.group = 0
        """The process's id and its group's; 0 once no process of the group is left."""
        self.start_at = 0.0
        self._kill_at: float | None = None
        self._restarts = -1
        self._delay = SHORTEST_DELAY
        self._started = 0.0
        self._status = services.STATUS / f"{part.name}.json"

    def start(self) -> None:
        """Start the process, with its address on the bridge."""
        if self.part.address:
            _address("add", self.part.address)
        account = pwd.getpwnam(self.part.user)
        self._started, self._restarts = time.time(), self._restarts + 1
        with services.log(self.part.name).open("ab") as log:
            try:
                process = subprocess.Popen(
                    self.part.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**os.environ, **self.part.environment},
                    user=account.pw_uid,
                    group=account.pw_gid,
                    extra_groups=[],
                    start_new_session=True,
                )
            except OSError as error:
                log.write(f"cannot start: {error}\n".encode())
                self._start_later()
                return
        process.returncode = 0  # the supervisor reaps whoever dies; Popen must not wait for it
        self.group = process.pid
        status = services.Status(
            pid=process.pid, started=self._started, restarts=self._restarts, version=self.version
        )
        services.write_atomically(self._status, json.dumps(asdict(status)))

    def died(self) -> None:
        """Take note that the process is gone; what is left of its group goes too."""
        self.signal(signal.SIGKILL)
        self._start_later()

    def _start_later(self) -> None:
        steady = time.time() - self._started > STEADY
        self._delay = SHORTEST_DELAY if steady else min(self._delay * 2, LONGEST_DELAY)
        self.start_at = time.monotonic() + self._delay

    def gone(self) -> bool:
        """Whether no process is left; a node counts until its own init has ended."""
        if self.group:
            try:
                os.killpg(self.group, 0)
                return False
            except ProcessLookupError:
                self.group = 0
        self._status.unlink(missing_ok=True)
        return True

    def stop(self) -> None:
        """Send the stop signal, and SIGKILL when that took too long."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + self.part.grace
            self.signal(signal.Signals[self.part.stop_signal])
        elif time.monotonic() > self._kill_at:
            self.signal(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Signal the process; SIGKILL goes to all of its group."""
        if self.group:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if number == signal.SIGKILL else os.kill)(self.group, number)


class Supervisor:
    """All parts that one directory declares."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: dict[Path, Process] = {}
        self.stopping = False
        self._woken, waker = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(waker, False)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def run(self) -> None:
        """Supervise until told to stop, then stop every part."""
        while not self.stopping or self.processes:
            self._reap()
            self._converge({} if self.stopping else self._declared())
            select.select([self._woken], [], [], PAUSE)
            with contextlib.suppress(BlockingIOError):
                os.read(self._woken, 4096)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                for process in self.processes.values():
                    if process.group == pid:
                        process.died()

    def _declared(self) -> dict[Path, int]:
        found = {}
        for path in self.directory.glob("[!.]*.json"):
            with contextlib.suppress(FileNotFoundError):
                found[path] = path.stat().st_mtime_ns
        return found

    def _converge(self, declared: dict[Path, int]) -> None:
        for path, process in list(self.processes.items()):
            if declared.get(path) != process.version:
                process.stop()
                if process.gone():
                    if process.part.address:
                        _address("del", process.part.address)
                    del self.processes[path]
            elif process.gone() and time.monotonic() >= process.start_at:
                process.start()
        for path, version in declared.items():
            if path not in self.processes:
                self._add(path, version)

    def _add(self, path: Path, version: int) -> None:
        try:
            process = Process(services.read(path), version)
        except FileNotFoundError:
            return
        except (TypeError, ValueError) as error:
            print(f"{path} declares no part: {error}", flush=True)
            path.rename(path.with_suffix(".refused"))
            return
        self.processes[path] = process
        process.start()


def supervise(directory: Path) -> None:
    """Run a directory's parts until SIGTERM; every part has ended when this returns."""
    directory.mkdir(parents=True, exist_ok=True)
    paths.LOG.mkdir(parents=True, exist_ok=True)
    Supervisor(directory).run()


def _address(action: str, address: str) -> None:
    """Add an address to the bridge or delete it; that it is so already is fine."""
    subprocess.run(
        ["ip", "address", action, f"{address}/32", "dev", network.BRIDGE],
        stderr=subprocess.DEVNULL,
        check=False,
    )
