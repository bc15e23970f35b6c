"""The real PostgreSQL servers behind simulated instances."""

import functools
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from sandbox import SandboxError
from sandbox.machine import paths, readiness, services
from sandbox.postgres import roles
from sandbox.postgres.server import READY_SECONDS, Server
from sandbox.postgres.servers import servers
from sandbox.postgres.snapshots import SnapshotServer
from sandbox.postgres.upgrade import UpgradableServer
from sandbox.providers.cloud.servers import Refused, Servers, ServerSpec
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
            endpoint=server.endpoint,
            group=server.group,
        )

    @_reported
    def copy(self, server: ServerSpec, source: ServerSpec) -> None:
        primary = Server(source.name)
        standby = Server.create_standby(server.name, server.host, primary, server.endpoint)
        standby.sql("SELECT pg_promote()")

    @_reported
    def restore(self, server: ServerSpec, snapshot: str) -> None:
        files = self._snapshots / snapshot
        SnapshotServer.restore(server.name, server.host, server.major, files, server.endpoint)

    @_reported
    def replace(self, server: ServerSpec, snapshot: str) -> None:
        files = self._snapshots / snapshot
        if not files.exists():
            raise SandboxError(f"snapshot {snapshot} has no files")
        Server(server.name).delete()
        SnapshotServer.restore(server.name, server.host, server.major, files, server.endpoint)
        self.restart(server)

    @_reported
    def snapshot(self, server: ServerSpec, name: str) -> None:
        SnapshotServer(server.name).snapshot(self._snapshots / name)

    def delete_snapshot(self, name: str) -> None:
        shutil.rmtree(self._snapshots / name, ignore_errors=True)

    @_reported
    def start(self, server: ServerSpec) -> None:
        Server(server.name).start()

    @_reported
    def delete(self, server: ServerSpec) -> None:
        Server(server.name).delete()

    @_reported
    def set_password(self, server: ServerSpec, password: str) -> None:
        Server(server.name).sql(roles.set_password(server.username, password))

    @_reported
    def put_user(self, server: ServerSpec, name: str, password: str) -> None:
        running = Server(server.name)
        if name in running.sql("SELECT rolname FROM pg_roles").splitlines():
            running.sql(roles.set_password(name, password))
        else:
            running.sql(roles.create_user(name, password, server.group))

    def drop_user(self, server: ServerSpec, name: str) -> None:
        self._run(server, f"DROP ROLE {roles.identifier(name)}")

    def create_database(self, server: ServerSpec, name: str) -> None:
        owner = roles.identifier(server.group or server.username)
        self._run(server, f"CREATE DATABASE {roles.identifier(name)} OWNER {owner}")

    def drop_database(self, server: ServerSpec, name: str) -> None:
        self._run(server, f"DROP DATABASE {roles.identifier(name)}")

    def _run(self, server: ServerSpec, statement: str) -> None:
        try:
            Server(server.name).sql(statement)
        except SandboxError as error:
            raise Refused(str(error)) from error

    @_reported
    def certify(self, server: ServerSpec) -> None:
        if server.endpoint.certificate:
            Server(server.name).certify(server.endpoint.certificate)

    @_reported
    def configure(self, server: ServerSpec) -> None:
        running = Server(server.name)
        running.configure(server.settings, server.endpoint.plaintext)
        running.sql("SELECT pg_reload_conf()")

    @_reported
    def restart(self, server: ServerSpec) -> None:
        running = Server(server.name)
        running.configure(server.settings, server.endpoint.plaintext)
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
