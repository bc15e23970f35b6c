"""The process of one service: start, stop, and restart with a growing delay."""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import time
from dataclasses import asdict

from sandbox.machine import files, network, services

MIN_RESTART_DELAY, MAX_RESTART_DELAY = 0.2, 5.0
"""Seconds until a service that exited is restarted; doubled each time that it exits early."""
STABLE_SECONDS = 10.0
"""A service that runs for longer than this has not exited early."""


class Process:
    """A declared service and its process, which may have ended."""

    def __init__(self, service: services.Service, version: int) -> None:
        self.service, self.version = service, version
        self.group = 0
        """ID of the process and of its process group; 0 when all of the group have ended."""
        self.restart_at = 0.0
        self._kill_at: float | None = None
        self._restarts = -1
        self._delay = MIN_RESTART_DELAY
        self._started_at = 0.0
        self._status_file = services.STATUS / f"{service.name}.json"

    def start(self) -> None:
        """Add the service's address to the bridge and start its process."""
        if self.service.address:
            _change_address("add", self.service.address)
        user = pwd.getpwnam(self.service.user)
        self._started_at, self._restarts = time.time(), self._restarts + 1
        with services.log_file(self.service.name).open("ab") as log:
            try:
                process = subprocess.Popen(
                    self.service.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env={**os.environ, **self.service.environment},
                    user=user.pw_uid,
                    group=user.pw_gid,
                    extra_groups=[],
                    start_new_session=True,
                )
            except OSError as error:
                log.write(f"cannot start: {error}\n".encode())
                self._schedule_restart()
                return
        process.returncode = (
            0  # the supervisor reaps all children; Popen must not wait for this one
        )
        self.group = process.pid
        status = services.Status(
            pid=process.pid,
            started_at=self._started_at,
            restarts=self._restarts,
            version=self.version,
        )
        files.write_atomically(self._status_file, json.dumps(asdict(status)))

    def handle_exit(self) -> None:
        """Kill the rest of the process group and schedule a restart."""
        self._signal(signal.SIGKILL)
        self._schedule_restart()

    def _schedule_restart(self) -> None:
        stable = time.time() - self._started_at > STABLE_SECONDS
        self._delay = MIN_RESTART_DELAY if stable else min(self._delay * 2, MAX_RESTART_DELAY)
        self.restart_at = time.monotonic() + self._delay

    def has_ended(self) -> bool:
        """Whether all processes of the group have ended; if so, the recorded status is removed."""
        if self.group:
            try:
                os.killpg(self.group, 0)
                return False
            except ProcessLookupError:
                self.group = 0
        self._status_file.unlink(missing_ok=True)
        return True

    def stop(self) -> None:
        """Send the stop signal; in later calls, send SIGKILL once the grace period is over."""
        if self._kill_at is None:
            self._kill_at = time.monotonic() + self.service.grace_seconds
            self._signal(signal.Signals[self.service.stop_signal])
        elif time.monotonic() > self._kill_at:
            self._signal(signal.SIGKILL)

    def release_address(self) -> None:
        """Remove the service's address from the bridge."""
        if self.service.address:
            _change_address("del", self.service.address)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process; SIGKILL is sent to its whole group."""
        if self.group:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if number == signal.SIGKILL else os.kill)(self.group, number)


def _change_address(action: str, address: str) -> None:
    """Add an address to the bridge or delete it; an address that is already so is not an error."""
    subprocess.run(
        ["ip", "address", action, f"{address}/32", "dev", network.BRIDGE],
        stderr=subprocess.DEVNULL,
        check=False,
    )
