"""Supervises the services that one directory declares, and reaps orphaned processes."""

import contextlib
import os
import select
import signal
import time
from pathlib import Path

from sandbox.machine import paths, services
from sandbox.machine.process import Process

POLL_SECONDS = 0.1


class Supervisor:
    """The services of one directory and their processes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.processes: dict[Path, Process] = {}
        self.stopping = False
        self._wakeup, wakeup_writer = os.pipe()
        os.set_blocking(self._wakeup, False)
        os.set_blocking(wakeup_writer, False)
        signal.set_wakeup_fd(wakeup_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def run(self) -> None:
        """Supervise until SIGTERM, then stop all services."""
        while not self.stopping or self.processes:
            self._reap()
            self._reconcile({} if self.stopping else self._declarations())
            select.select([self._wakeup], [], [], POLL_SECONDS)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wakeup, 4096)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (pid := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                for process in self.processes.values():
                    if process.group == pid:
                        process.handle_exit()

    def _declarations(self) -> dict[Path, int]:
        """The version of each declaration, by its file."""
        versions = {}
        for path in self.directory.glob("[!.]*.json"):
            with contextlib.suppress(FileNotFoundError):
                versions[path] = path.stat().st_mtime_ns
        return versions

    def _reconcile(self, versions: dict[Path, int]) -> None:
        """Stop, restart and start services so that they match their declarations."""
        for path, process in list(self.processes.items()):
            if versions.get(path) != process.version:
                process.stop()
                if process.has_ended():
                    process.release_address()
                    del self.processes[path]
            elif process.has_ended() and time.monotonic() >= process.restart_at:
                process.start()
        for path, version in versions.items():
            if path not in self.processes:
                self._start_declared(path, version)

    def _start_declared(self, path: Path, version: int) -> None:
        try:
            process = Process(services.read(path), version)
        except FileNotFoundError:
            return
        except (TypeError, ValueError) as error:
            print(f"{path} is not a valid service declaration: {error}", flush=True)
            path.rename(path.with_suffix(".invalid"))
            return
        self.processes[path] = process
        process.start()


def supervise(directory: Path) -> None:
    """Supervise a directory's services until SIGTERM; when this returns, all have ended."""
    directory.mkdir(parents=True, exist_ok=True)
    paths.LOG.mkdir(parents=True, exist_ok=True)
    Supervisor(directory).run()
