"""A managed PostgreSQL service: operations on its instances, and the servers behind them.

An instance is a dict in the account's `instances`, by its name. The keys `status`, `work` and
`pending` belong to this module; all others are the cloud's. `work` says which operation runs and in
which process, so that an operation whose process died is completed by the next reader.
"""

import datetime
import os
import re
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from sandbox import SandboxError
from sandbox.providers.cloud import processes
from sandbox.providers.cloud.account import Account, Data
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import Failure

if TYPE_CHECKING:  # imports the engine's client, which the firewall and the events do not need
    from sandbox.providers.framework.operation import Operation

Kind = Literal["create", "backup", "modify", "delete", "reboot", "restore", "snapshot"]
"""`backup` is the first backup: the last step of a creation."""


def seconds() -> float:
    """How long a simulated operation takes; in a real cloud it takes minutes."""
    return float(os.environ.get("SANDBOX_CLOUD_SECONDS", "2"))


class Cloud(Account):
    """One scope of a cloud; a subclass has the cloud's own terms and rules."""

    server_names: ClassVar[re.Pattern[str]]
    """Matches the names of this cloud's servers, and of no others."""
    available: ClassVar[str]
    """The status of an instance without an operation."""
    statuses: ClassVar[Mapping[Kind, str]]
    """The status of an instance during each kind of operation."""

    # Implemented by each cloud.

    @abstractmethod
    def server(self, data: Data, instance: Data) -> ServerSpec:
        """The server behind an instance."""

    @abstractmethod
    def changed(self, data: Data, instance: Data, changes: Data) -> Data:
        """The instance after a modification."""

    @abstractmethod
    def restarts(self, instance: Data, changes: Data) -> bool:
        """Whether a modification restarts the server."""

    @abstractmethod
    def rebooted(self, instance: Data) -> Data:
        """The values of the instance that a reboot changes."""

    @abstractmethod
    def failed_over(self, data: Data, instance: Data) -> Data:
        """The values of the instance that a failover changes; SandboxError without a standby."""

    @abstractmethod
    def admits(self, data: Data, instance: Data) -> bool:
        """Whether the network admits the cluster's nodes to the instance."""

    def restored(self, kept: Data) -> Data:
        """The values that an instance takes from a snapshot that is restored over its data."""
        return {}

    def dropped(self, data: Data, instance: Data) -> None:
        """Change the account after an instance was deleted."""

    def snapshot_name(self, given: str) -> str:
        """The name of a snapshot for which a person gives this one, or none."""
        if not given:
            raise SandboxError("a snapshot needs a name")
        return given

    def grown(self, instance: Data) -> Data:
        """The values of the instance that change when its storage grows by itself."""
        raise SandboxError(f"not simulated: storage of {self.cloud} that grows by itself")

    def rotated(self, instance: Data) -> Data:
        """The values of the instance that the next step of a rotation of its CA changes."""
        raise SandboxError(f"not simulated: another CA of an instance of {self.cloud}")

    def resolves(self, data: Data, instance: Data) -> bool:
        """Whether the cluster's DNS knows the instance's host name."""
        return True

    # Operations.

    @property
    def servers(self) -> Servers:
        """The servers behind the instances; with SANDBOX_CLOUD_SERVERS=none, no real servers."""
        if os.environ.get("SANDBOX_CLOUD_SERVERS") == "none":
            return Servers()
        # Imported here: it loads cryptography and urllib (0.2 s), which a preview does not need.
        from sandbox.providers.cloud.real_servers import RealServers

        return RealServers(self.folder() / "snapshots")

    def begin(self, instance: Data, kind: Kind, **details: Any) -> None:
        """Record an operation in the instance; the caller stores it."""
        instance["status"] = self.statuses[kind]
        instance["work"] = {"kind": kind, **details, "process": processes.current()}

    def defer(self, instance: Data, changes: Data) -> None:
        """Record changes that wait for the maintenance window."""
        instance["pending"] = {**instance["pending"], **changes}

    def wait(self, op: "Operation", name: str) -> None:
        """Wait, then complete the operation, even if the wait is cancelled or times out."""
        try:
            op.sleep(seconds())
        finally:
            self.complete(name)

    def complete(self, name: str) -> None:
        """Do the work of an operation; if that fails, the instance stays as it was."""
        data = self.read()
        instance = data["instances"][name]
        work = instance["work"]
        try:
            match work["kind"]:
                case "create":  # its process died before the server was created completely
                    self.drop(name)
                case "modify":
                    self._modify(data, name, work["changes"])
                case "delete":
                    if work["snapshot"]:
                        self.keep_snapshot(name, work["snapshot"])
                    self.drop(name)
                case "restore":
                    self._restore(data, name, work["snapshot"])
                case _:
                    self.servers.start(self.server(data, instance))
                    self._release(name)
        except Failure:
            self._release(name)
            raise

    def recover(self) -> Self:
        """Complete the operations whose processes died."""
        for name, instance in self.read()["instances"].items():
            if instance.get("work") and self._take_over(name):
                self.complete(name)
        return self

    def create_server(
        self, name: str, password: str | None, snapshot: str = "", source: str = ""
    ) -> None:
        """Create an instance's server: empty, from a snapshot, or as a copy of a running one."""
        data = self.read()
        server = self.server(data, data["instances"][name])
        try:
            self.servers.start_firewall()
            self.servers.delete_orphans(self.server_names, self._known_servers)
            if snapshot:
                self.servers.restore(server, snapshot)
            elif source:
                self.servers.copy(server, self.server(data, data["instances"][source]))
            else:
                self.servers.create(server, password or "")
            if snapshot or source:
                if password:
                    self.servers.set_password(server, password)
                self.servers.restart(server)
        except Failure:
            self.drop(name)
            raise
        with self.transaction() as data:
            self.begin(data["instances"][name], "backup")

    def put(self, name: str, /, **values: Any) -> Data:
        """Change values of an instance; returns the changed instance."""
        with self.transaction() as data:
            data["instances"][name] |= values
        return data["instances"][name]

    def keep_snapshot(self, name: str, snapshot: str) -> None:
        """Create a snapshot of an instance; its server is stopped afterwards."""
        data = self.read()
        instance = data["instances"][name]
        server = self.server(data, instance)
        kept = data["snapshots"].get(snapshot)
        if kept and self.server(data, kept).name == server.name:
            return  # already taken, by a process that was then killed
        self.servers.snapshot(server, snapshot)
        now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
        kept = {**instance, "status": self.available, "work": None, "created": now}
        with self.transaction() as data:
            data["snapshots"][snapshot] = kept

    def drop(self, name: str) -> None:
        """Delete an instance and its server."""
        data = self.read()
        self.servers.delete(self.server(data, data["instances"][name]))
        with self.transaction() as data:
            if dropped := data["instances"].pop(name, None):
                self.dropped(data, dropped)

    def _modify(self, data: Data, name: str, changes: Data) -> None:
        instance = data["instances"][name]
        target = self.changed(data, instance, changes)
        server, before = self.server(data, target), self.server(data, instance)
        upgrades = server.major != before.major
        if upgrades:
            self.servers.upgrade(server)
        if self.restarts(instance, changes):
            self.servers.restart(server)
        elif server != before and not upgrades:
            self.servers.configure(server)
        # Store only the difference: an event may have changed the instance meanwhile.
        changed = {key: value for key, value in target.items() if instance.get(key) != value}
        with self.transaction() as data:
            instance = data["instances"][name]
            pending = {key: each for key, each in instance["pending"].items() if key not in changes}
            instance |= {**changed, "pending": pending, "status": self.available, "work": None}

    def _restore(self, data: Data, name: str, snapshot: str) -> None:
        self.servers.replace(self.server(data, data["instances"][name]), snapshot)
        self.put(name, **self.restored(data["snapshots"][snapshot]))
        self._release(name)

    def _release(self, name: str) -> None:
        self.put(name, status=self.available, work=None)

    def _take_over(self, name: str) -> bool:
        with self.transaction() as data:
            work = data["instances"].get(name, {}).get("work")
            if not work or processes.lives(work["process"]):
                return False
            work["process"] = processes.current()
            return True

    def _known_servers(self) -> set[str]:
        found: set[str] = set()
        for scope in self.stored():
            data = scope.read()
            found |= {scope.server(data, each).name for each in data["instances"].values()}
        return found
