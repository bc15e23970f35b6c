"""Flexible servers: creation, changes, restore and deletion, as in the provider and the service."""

from typing import ClassVar

from sandbox.providers.azure_native import (
    ids,
    locks,
    restore,
    server_network,
    server_rules,
    server_state,
)
from sandbox.providers.azure_native.admission import endpoints
from sandbox.providers.azure_native.arm import ArmResource, now, require_group
from sandbox.providers.azure_native.errors import not_found, reported
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.base import seconds
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Cancelled, Failure, InitFailed, TimedOut
from sandbox.providers.framework.operation import Operation


class Server(ArmResource):
    """One PostgreSQL server."""

    type = "azure-native:dbforpostgresql:Server"
    kind = "instances"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
    )
    api = "2025-08-01"
    name_key = "serverName"
    autonames = True
    limits: ClassVar = {
        "serverName": (3, 63, "^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*"),
        "resourceGroupName": (1, 90, ""),
    }
    inputs, outputs, _ = sdk.resource(
        type,
        replaces=(
            "administratorLogin",
            "availabilityZone",
            "location",
            "pointInTimeUTC",
            "resourceGroupName",
            "serverName",
            "sourceServerResourceId",
        ),
    )
    responses: ClassVar = sdk.responses(type)

    def find(self, data: Data, id: str) -> Data | None:
        found = data["instances"].get(ids.name_of(id).lower())
        return found if found and ids.key(found["id"]) == ids.key(id) else None

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        cloud = Subscription.of(op)
        id, name = self.id_of(cloud, inputs), inputs["serverName"].lower()
        body = self.body(inputs)
        with reported(), cloud.transaction() as data:
            self.require_absent(data, id)
            require_group(data, id)
            locks.refuse_write(data, id)
            server_rules.refuse_name(inputs["serverName"], _names(cloud))
            source = restore.source(data, body)
            if source:
                cloud.require_idle(source)
                body = restore.request(body, source)
            server_rules.refuse_new(data, body, restored=bool(source))
            record = server_state.new(id, inputs["serverName"], body, now())
            if source:
                settings = dict(source["configurations"])
                record |= {"configurations": settings, "inForce": settings}
            cloud.begin(record, "create")
            data["instances"][name] = record
        op.status("creating")
        with reported():
            if problem := server_network.zone_problem(name, record["network"]):
                try:
                    op.sleep(seconds())
                finally:
                    cloud.drop(name)
                raise Failure(f"resource updated but read failed {not_found(id)}: {problem}")
            password = body.get("administratorLoginPassword")
            cloud.create_server(
                name,
                None if source else password,
                source=source["name"].lower() if source else "",
            )
            cloud.wait(op, name)
        return id, self.read_outputs(cloud, id)

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        cloud, name, body = Subscription.of(op), ids.name_of(id).lower(), self.body(inputs)
        with reported(), cloud.transaction() as data:
            locks.refuse_write(data, id)
            record = self.find(data, id)
            if record is None:
                raise not_found(id)
            cloud.require_idle(record)
            server_rules.refuse_change(record, body)
            unchanged = {"tags": record["tags"]}
            changes = server_state.changes(record, body) or unchanged
            cloud.begin(record, "modify", changes=changes)
        op.status("updating")
        try:
            if password := body.get("administratorLoginPassword"):
                cloud.servers.set_password(cloud.server(data, record), password)
        finally:
            with reported():
                self._wait(op, cloud, name, id)
        return self.read_outputs(cloud, id)

    def _wait(self, op: Operation, cloud: Subscription, name: str, id: str) -> None:
        try:
            cloud.wait(op, name)
        except (Cancelled, TimedOut):
            raise
        except Failure as error:  # the service has accepted the request
            raise InitFailed(id, self.read_outputs(cloud, id), str(error)) from None

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete the server and all of its backups."""
        cloud, name = Subscription.of(op), ids.name_of(id).lower()
        with reported(), cloud.transaction() as data:
            record = self.find(data, id)
            if record is None:
                return
            locks.refuse_deletion(data, id)
            cloud.require_idle(record)
            cloud.begin(record, "delete", snapshot=None)
        op.status("deleting")
        with reported():
            cloud.wait(op, name)

    def outputs_of(self, data: Data, record: Data) -> Data:
        connections = [
            {
                "id": f"{record['id']}/privateEndpointConnections/{ids.name_of(each['id'])}",
                "name": ids.name_of(each["id"]),
                "type": "Microsoft.DBforPostgreSQL/flexibleServers/privateEndpointConnections",
                "groupIds": ["postgresqlServer"],
                "privateEndpoint": {"id": each["id"]},
                "privateLinkServiceConnectionState": {"status": "Approved"},
                "provisioningState": "Succeeded",
            }
            for each in endpoints(data, record)
        ]
        return {**server_state.outputs(record), "privateEndpointConnections": connections}


def _names(cloud: Subscription) -> set[str]:
    """The names of all servers, in any subscription."""
    return {name for scope in cloud.stored() for name in scope.read()["instances"]}
