"""The real PostgreSQL servers behind simulated instances."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from sandbox import SandboxError
from sandbox.machine import paths, readiness, services
from sandbox.postgres import scram
from sandbox.postgres.server import READY_SECONDS, Server
from sandbox.postgres.servers import servers
from sandbox.postgres.snapshots import SnapshotServer
from sandbox.postgres.upgrade import UpgradableServer
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import Failure

FIREWALL = "cloud-firewall"
P = ParamSpec("P")
T = TypeVar("T")


def _reported(method: Callable[P, T]) -> Callable[P, T]:
    """Raise a SandboxError as a Failure whose message says that the cloud is not the cause."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except SandboxError as error:
            raise Failure(f"the sandbox, not the cloud: {error}") from error

    return call


class RealServers(Servers):
    """Servers of the sandbox; snapshots are folders with a copy of a server's data."""

    def __init__(self, snapshots: Path) -> None:
        self._snapshots = snapshots

    @_reported
    def create(self, server: ServerSpec, password: str) -> None:
        Server.create(
            server.name,
            server.host,
            username=server.username,
            password=password,
            version=server.major,
            settings=server.settings,
        )

    @_reported
    def copy(self, server: ServerSpec, source: ServerSpec) -> None:
        standby = Server.create_standby(server.name, server.host, Server(source.name))
        standby.sql("SELECT pg_promote()")

    @_reported
    def restore(self, server: ServerSpec, snapshot: str) -> None:
        files = self._snapshots / snapshot
        SnapshotServer.restore(server.name, server.host, server.major, files)

    @_reported
    def snapshot(self, server: ServerSpec, name: str) -> None:
        SnapshotServer(server.name).snapshot(self._snapshots / name)

    @_reported
    def start(self, server: ServerSpec) -> None:
        Server(server.name).start()

    @_reported
    def delete(self, server: ServerSpec) -> None:
        Server(server.name).delete()

    @_reported
    def set_password(self, server: ServerSpec, password: str) -> None:
        # A SCRAM verifier, so that the server's log contains no password.
        verifier = scram.verifier(password)
        Server(server.name).sql(f"ALTER ROLE \"{server.username}\" PASSWORD '{verifier}'")

    @_reported
    def configure(self, server: ServerSpec) -> None:
        running = Server(server.name)
        running.configure(server.settings)
        running.sql("SELECT pg_reload_conf()")

    @_reported
    def restart(self, server: ServerSpec) -> None:
        running = Server(server.name)
        running.configure(server.settings)
        running.restart()

    @_reported
    def upgrade(self, server: ServerSpec) -> None:
        UpgradableServer(server.name).upgrade(server.major, server.settings)

    @_reported
    def start_firewall(self) -> None:
        ready = paths.RUN / FIREWALL
        services.write(
            services.Service(
                name=FIREWALL,
                command=services.python_command("sandbox.providers.firewall", str(ready)),
                ready=f"file://{ready}",
            )
        )
        readiness.wait([FIREWALL], READY_SECONDS)

    @_reported
    def delete_orphans(self, names: re.Pattern[str], known: Callable[[], set[str]]) -> None:
        found = [server for server in servers() if names.fullmatch(server.name)]
        # List the servers first: the account records an instance before its server is created.
        instances = known()
        for server in found:
            if server.name not in instances:
                server.delete()
