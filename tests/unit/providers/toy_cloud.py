"""The smallest possible simulated cloud."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox import SandboxError
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import Cloud, Kind
from sandbox.providers.cloud.servers import ServerSpec


class Project(Cloud):
    """A project with instances of one zone each, or with a standby in another."""

    cloud = "toy"
    server_names = re.compile(r"toy-.*")
    available = "RUNNABLE"
    statuses: ClassVar[Mapping[Kind, str]] = {
        "create": "PENDING_CREATE",
        "backup": "PENDING_CREATE",
        "modify": "UPDATING",
        "delete": "PENDING_DELETE",
        "reboot": "RESTARTING",
        "restore": "RESTORING",
        "snapshot": "BACKUP",
    }

    def seed(self) -> Data:
        return {"instances": {}, "snapshots": {}, "peered": False}

    def server(self, data: Data, instance: Data) -> ServerSpec:
        return ServerSpec(
            name=f"toy-{instance['name']}",
            host=f"{instance['name']}.toy",
            username="admin",
            major=instance["version"].removeprefix("POSTGRES_"),
            settings=instance["flags"],
        )

    def changed(self, data: Data, instance: Data, changes: Data) -> Data:
        return {**instance, **changes}

    def restarts(self, instance: Data, changes: Data) -> bool:
        return "tier" in changes

    def rebooted(self, instance: Data) -> Data:
        return {"flags": instance["static_flags"]}

    def failed_over(self, data: Data, instance: Data) -> Data:
        if not instance["standby"]:
            raise SandboxError(f"{instance['name']} is ZONAL")
        return {"zone": instance["standby"], "standby": instance["zone"]}

    def restored(self, kept: Data) -> Data:
        return {"tier": kept["tier"]}

    def admits(self, data: Data, instance: Data) -> bool:
        return data["peered"]

    def create(self, name: str, snapshot: str = "", source: str = "", **values: Any) -> None:
        """Begin to create an instance, and create its server."""
        instance: Data = {
            "name": name,
            "zone": "a",
            "standby": "",
            "tier": "small",
            "version": "POSTGRES_16",
            "flags": {},
            "static_flags": {},
            "pending": {},
            **values,
        }
        with self.transaction() as data:
            self.begin(instance, "create")
            data["instances"][name] = instance
        self.create_server(name, "secret", snapshot, source)
