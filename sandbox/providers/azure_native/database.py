"""Databases of a flexible server."""

from typing import ClassVar

from sandbox.providers.azure_native import ids, locks
from sandbox.providers.azure_native.arm import now
from sandbox.providers.azure_native.child import ServerChild
from sandbox.providers.azure_native.errors import ApiError, invalid, reported
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation

DEFAULTS = {"charset": "UTF8", "collation": "en_US.utf8"}
SYSTEM = ("azure_maintenance", "azure_sys", "postgres")
"""Databases that each server has."""


class Database(ServerChild):
    """One database."""

    type = "azure-native:dbforpostgresql:Database"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
        "/databases/{databaseName}"
    )
    api = "2025-08-01"
    name_key = "databaseName"
    limits: ClassVar = {
        "databaseName": (1, 63, r"^[-\w\._]+$"),
        "charset": (0, 100, r"^[a-zA-Z]+\w*$"),
        "collation": (0, 100, r"^[a-zA-Z\-]+([. ]|\w)*$"),
    }
    inputs, outputs, _ = sdk.resource(
        type, replaces=("databaseName", "resourceGroupName", "serverName")
    )
    responses: ClassVar = sdk.responses(type)

    def find(self, data: Data, id: str) -> Data | None:
        server, name = self.server(data, id), ids.name_of(id)
        if server is None:
            return None
        if name in SYSTEM:
            return {"id": id, "created": server["created"], **DEFAULTS}
        return server["databases"].get(name)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        cloud = Subscription.of(op)
        id = self.id_of(cloud, inputs)
        self.require_absent(cloud.read(), id)
        return super().create(op, inputs)

    def accepted(self, server: Data, id: str, body: Data) -> Data:
        """A new database; the service refuses to change one."""
        name, old = ids.name_of(id), server["databases"].get(ids.name_of(id))
        wanted = {**DEFAULTS, **(old or {}), **body}
        for key, default in DEFAULTS.items():
            if old and wanted[key] != old[key]:
                raise invalid(key, "The database exists with another one.")
            if wanted[key] != default:
                raise ApiError("NotSimulated", f"not simulated: {key} {wanted[key]} is an error")
        record = {"id": id, "created": now(), **wanted}
        return {"databases": {**server["databases"], name: old or record}}

    def delete(self, op: Operation, id: str, state: Data) -> None:
        cloud, name = Subscription.of(op), ids.name_of(id)
        with reported():
            with cloud.transaction() as data:
                if self.find(data, id) is None:
                    return
                locks.refuse_deletion(data, id)
                if name in SYSTEM:
                    raise ApiError("InvalidDatabase", f"The database '{name}' cannot be deleted.")
                server = self.idle_server(cloud, data, id)
                kept = {key: each for key, each in server["databases"].items() if key != name}
                cloud.begin(server, "modify", changes={"databases": kept})
            cloud.wait(op, ids.name_of(ids.parent(id)).lower())
