"""Private endpoints of flexible servers."""

import hashlib
import ipaddress
from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, invalid, not_found, not_simulated
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk

GROUP = "postgresqlServer"
SIMULATED = frozenset(
    (
        "customNetworkInterfaceName",
        "id",
        "location",
        "privateLinkServiceConnections",
        "subnet",
        "tags",
    )
)


class PrivateEndpoint(ArmResource):
    """A network interface in a subnet, through which one server is reached."""

    type = "azure-native:network:PrivateEndpoint"
    kind = "privateEndpoints"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}"
    )
    api = "2024-05-01"
    name_key = "privateEndpointName"
    autonames = True
    inputs, outputs, _ = sdk.resource(type, replaces=("privateEndpointName", "resourceGroupName"))
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        if others := sorted(body.keys() - SIMULATED):
            raise not_simulated(f"{', '.join(others)} of a private endpoint is an error")
        subnet = (body.get("subnet") or {}).get("id")
        connections = body.get("privateLinkServiceConnections") or []
        if not subnet or len(connections) != 1:
            raise not_simulated("a private endpoint has one subnet and one connection")
        target = connections[0].get("privateLinkServiceId") or ""
        if old.get("target") and (
            (old["target"], ids.key(old["subnet"]["id"])) != (ids.key(target), ids.key(subnet))
        ):
            raise not_simulated("another subnet or server of a private endpoint is an error")
        self._refuse_subnet(data, subnet, body.get("location") or "")
        self._refuse_connection(cloud, data, connections[0], new=not old.get("target"))
        return {**shape.merged(old, body), "target": ids.key(target)}

    def _refuse_subnet(self, data: Data, subnet: str, location: str) -> None:
        found = data["subnets"].get(ids.key(subnet))
        if found is None:
            raise ApiError(
                "InvalidResourceReference",
                f"Resource {subnet} referenced by resource was not found. Please make sure that "
                "the referenced resource exists, and that both resources are in the same region.",
            )
        network = data["networks"][ids.key(ids.parent(subnet))]
        if location.lower().replace(" ", "") != network["location"]:
            raise ApiError(
                "InvalidResourceReference",
                f"Resource {subnet} referenced by resource was not found. Please make sure that "
                "the referenced resource exists, and that both resources are in the same region.",
            )
        if found.get("delegations"):
            raise ApiError(
                "PrivateEndpointCannotBeCreatedInSubnetThatHasDelegations",
                f"The subnet {ids.name_of(subnet)} is delegated: it cannot have private endpoints.",
            )

    def _refuse_connection(
        self, cloud: Subscription, data: Data, connection: Data, *, new: bool
    ) -> None:
        target = connection.get("privateLinkServiceId") or ""
        server = data["instances"].get(ids.name_of(target).lower())
        if server is None or ids.key(server["id"]) != ids.key(target):
            raise not_found(target) if target else invalid("privateLinkServiceId")
        if connection.get("groupIds") != [GROUP]:
            raise ApiError(
                "InvalidPrivateLinkServiceGroupId",
                f"The group IDs {connection.get('groupIds')} are not valid for {target}; the group "
                f"ID of a flexible server is {GROUP}.",
            )
        if server["network"].get("delegatedSubnetResourceId"):
            raise ApiError(
                "PrivateEndpointNotSupportedForVnetServer",
                "A server in a virtual network cannot have private endpoints.",
            )
        if new:
            cloud.require_idle(server)

    def outputs_of(self, data: Data, record: Data) -> Data:
        name = ids.name_of(record["id"])
        server = ids.name_of(record["target"])
        (connection,) = record["privateLinkServiceConnections"]
        approved = {"actionsRequired": "None", "description": "Auto-Approved", "status": "Approved"}
        interface = record.get("customNetworkInterfaceName") or f"{name}.nic.{record['created']}"
        parent = record["id"].rpartition("/")[0].rpartition("/")[0]
        return {
            "customDnsConfigs": [
                {
                    "fqdn": f"{server}.postgres.database.azure.com",
                    "ipAddresses": [address(data, record)],
                }
            ],
            "networkInterfaces": [{"id": f"{parent}/networkInterfaces/{interface}"}],
            "privateLinkServiceConnections": [
                {
                    "id": f"{record['id']}/privateLinkServiceConnections/{connection.get('name')}",
                    "privateLinkServiceConnectionState": approved,
                    "provisioningState": "Succeeded",
                    "type": "Microsoft.Network/privateEndpoints/privateLinkServiceConnections",
                    **connection,
                }
            ],
        }

    def refuse_deletion(self, data: Data, record: Data) -> None:
        """Nothing refuses it; the groups of DNS zones below it are deleted with it."""
        below = ids.key(record["id"]) + "/"
        data["zoneGroups"] = {
            key: each for key, each in data["zoneGroups"].items() if not key.startswith(below)
        }


def address(data: Data, record: Data) -> str:
    """The address of the endpoint in its subnet; only shown, the sandbox has others."""
    prefix = data["subnets"][ids.key(record["subnet"]["id"])]["addressPrefix"]
    network = ipaddress.IPv4Network(prefix)
    number = int(hashlib.sha256(ids.key(record["id"]).encode()).hexdigest()[:6], 16)
    return str(network[4 + number % (network.num_addresses - 5)])
