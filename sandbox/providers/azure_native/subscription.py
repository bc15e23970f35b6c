"""Flexible servers of one subscription: the effects of operations on them."""

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from sandbox import SandboxError
from sandbox.providers.azure_native import account, admission, ids, parameters, storage
from sandbox.providers.azure_native.errors import ApiError
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import Cloud, Kind, seconds
from sandbox.providers.cloud.servers import Refused, ServerSpec
from sandbox.providers.framework.errors import Failure

if TYPE_CHECKING:
    from sandbox.providers.framework.operation import Operation

OF_CHILDREN = frozenset(("configurations", "databases"))
"""The parts of a server that its child resources change."""


class Subscription(Cloud):
    """One subscription; its instances are flexible servers by their names."""

    cloud = "azure-native"
    server_names = re.compile(r"az-[0-9a-f]{20}")
    available = "Ready"
    statuses: ClassVar[Mapping[Kind, str]] = {
        "create": "Provisioning",
        "backup": "Provisioning",
        "modify": "Updating",
        "delete": "Dropping",
        "reboot": "Restarting",
        "restore": "Updating",
        "snapshot": "Updating",
    }

    @classmethod
    def of(cls, op: "Operation") -> "Subscription":
        """The provider's subscription."""
        return cls(op.config.get("subscriptionId") or account.SUBSCRIPTION).recover()

    def seed(self) -> Data:
        return account.seed(self.scope)

    def server(self, data: Data, instance: Data) -> ServerSpec:
        return ServerSpec(
            name=instance["server"],
            host=instance["fullyQualifiedDomainName"],
            username=instance["administratorLogin"],
            major=instance["version"],
            settings=parameters.settings(instance),
        )

    def changed(self, data: Data, instance: Data, changes: Data) -> Data:
        changed = {**instance, **changes}
        if self.restarts(instance, changes):
            changed |= self.rebooted(changed)
        return changed

    def restarts(self, instance: Data, changes: Data) -> bool:
        # A maintenance changes nothing that is visible; like another SKU, it restarts the server.
        return not changes or bool(changes.keys() & {"sku", "version"})

    def rebooted(self, instance: Data) -> Data:
        return {"inForce": dict(instance["configurations"])}

    def failed_over(self, data: Data, instance: Data) -> Data:
        standby = instance["highAvailability"]
        if standby["mode"] == "Disabled":
            raise SandboxError(f"{instance['name']} has no standby: high availability is disabled")
        zone, other = instance["availabilityZone"], standby["standbyAvailabilityZone"]
        return {
            "availabilityZone": other,
            "highAvailability": {**standby, "standbyAvailabilityZone": zone},
            **self.rebooted(instance),
        }

    def admits(self, data: Data, instance: Data) -> bool:
        return admission.admits(data, instance)

    def resolves(self, data: Data, instance: Data) -> bool:
        return admission.resolves(data, instance)

    def snapshot_name(self, given: str) -> str:
        raise SandboxError(
            "not simulated: an on-demand backup; Azure restores a point in time of a server, with "
            "createMode PointInTimeRestore"
        )

    def grown(self, instance: Data) -> Data:
        return {"storage": storage.grown(instance["storage"])}

    def dropped(self, data: Data, instance: Data) -> None:
        below = ids.key(instance["id"]) + "/"
        data["locks"] = {
            key: each for key, each in data["locks"].items() if not key.startswith(below)
        }

    def complete(self, name: str) -> None:
        """Do the work of an operation; the server stays busy for a moment afterwards."""
        data = self.read()
        before = data["instances"][name]
        changes = before["work"].get("changes") or {}
        try:
            self._change_databases(data, before, changes)
        except Failure:
            self.put(name, status=self.available, work=None)
            raise
        super().complete(name)
        with self.transaction() as data:
            after = data["instances"].get(name)
            if after and not changes.keys() & OF_CHILDREN:
                after["busyUntil"] = time.time() + settling()

    def _change_databases(self, data: Data, instance: Data, changes: Data) -> None:
        server, old = self.server(data, instance), instance["databases"].keys()
        new = changes.get("databases", instance["databases"]).keys()
        for name in new - old:
            try:
                self.servers.create_database(server, name)
            except Refused as refused:
                if "already exists" not in str(refused):  # a killed process has created it
                    raise
        for name in old - new:
            self.servers.drop_database(server, name)

    def require_idle(self, instance: Data) -> None:
        """Refuse a request while the server is busy with another one, or was a moment ago."""
        if instance["work"] or time.time() < instance.get("busyUntil", 0):
            raise ApiError(
                "ServerIsBusy",
                f"Cannot complete operation while server '{instance['name']}' is busy processing "
                "another operation. Try again later.",
                409,
            )


def settling() -> float:
    """How long a server stays busy after an operation on it (Azure/azure-postgresql#134).

    It does not after the change of a parameter or a database.
    """
    return seconds() / 2
