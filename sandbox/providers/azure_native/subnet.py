"""Subnets of virtual networks."""

import ipaddress
from collections.abc import Iterator
from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, not_simulated
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk

LINK = "serviceAssociationLinks/AzureDatabaseforPostgreSQLflexibleServers"
SIMULATED = frozenset(
    (
        "addressPrefix",
        "addressPrefixes",
        "defaultOutboundAccess",
        "delegations",
        "id",
        "name",
        "privateEndpointNetworkPolicies",
        "privateLinkServiceNetworkPolicies",
        "serviceEndpoints",
        "type",
    )
)


class Subnet(ArmResource):
    """A range of a virtual network."""

    type = "azure-native:network:Subnet"
    kind = "subnets"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}/subnets/{subnetName}"
    )
    api = "2024-05-01"
    name_key = "subnetName"
    inputs, outputs, _ = sdk.resource(
        type, replaces=("resourceGroupName", "subnetName", "virtualNetworkName")
    )
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        if others := sorted(body.keys() - SIMULATED):
            raise not_simulated(f"{', '.join(others)} of a subnet is an error")
        network = data["networks"].get(ids.key(ids.parent(id)))
        if network is None:
            raise ApiError(
                "ParentResourceNotFound",
                "Failed to perform 'write' on resource(s) of type 'virtualNetworks/subnets', "
                f"because the parent resource '{ids.parent(id)}' could not be found.",
                404,
            )
        prefixes = body.get("addressPrefixes") or []
        prefix = body.get("addressPrefix") or (prefixes[0] if len(prefixes) == 1 else None)
        if not prefix:
            raise not_simulated("a subnet without exactly one address prefix is an error")
        self._refuse_range(data, network, id, prefix)
        wanted = shape.merged(old, {**body, "addressPrefix": prefix})
        if "server" in (used := dict(_users(data, id))):
            self._refuse_change(old, wanted, used["server"])
        return wanted

    def _refuse_range(self, data: Data, network: Data, id: str, prefix: str) -> None:
        name, of = ids.name_of(id), ids.name_of(network["id"])
        try:
            wanted = ipaddress.IPv4Network(prefix)
        except ValueError:
            raise ApiError(
                "InvalidCIDRNotation",
                f"The address prefix {prefix} in resource {id} has an invalid CIDR notation.",
            ) from None
        if not any(wanted.subnet_of(ipaddress.IPv4Network(one)) for one in network["prefixes"]):
            raise ApiError(
                "NetcfgSubnetRangeOutsideVnet",
                f"Subnet '{name}' is not valid because its IP address range is outside the IP "
                f"address range of virtual network '{of}'.",
            )
        if wanted.prefixlen > 29:
            raise ApiError(
                "NetcfgSubnetRangeTooSmall",
                f"Subnet '{name}' is not valid because its IP address range is smaller than /29.",
            )
        for other in data["subnets"].values():
            near = ids.key(ids.parent(other["id"])) == ids.key(ids.parent(id))
            own = ids.key(other["id"]) == ids.key(id)
            if near and not own and wanted.overlaps(ipaddress.IPv4Network(other["addressPrefix"])):
                raise ApiError(
                    "NetcfgSubnetRangesOverlap",
                    f"Subnet '{name}' is not valid because its IP address range overlaps with that "
                    f"of an existing subnet in virtual network '{of}'.",
                )

    def _refuse_change(self, old: Data, wanted: Data, user: str) -> None:
        name = ids.name_of(wanted["id"])
        if _services(old) != _services(wanted):
            raise ApiError(
                "SubnetDelegationsCannotChangeWhenSubnetUsedByResource",
                f"Delegations of subnet {name} cannot be changed from {_services(old)} to "
                f"{_services(wanted)} because it is being used by the resource {user}.",
            )
        if old["addressPrefix"] != wanted["addressPrefix"]:
            raise ApiError(
                "InUsePrefixCannotBeDeleted",
                f"IpPrefix {old['addressPrefix']} on Subnet {name} has active allocations and "
                "cannot be deleted.",
            )

    def refuse_deletion(self, data: Data, record: Data) -> None:
        """Refuse to delete a subnet with a server, a private endpoint or nodes."""
        for _, user in _users(data, record["id"]):
            raise ApiError(
                "InUseSubnetCannotBeDeleted",
                f"Subnet {ids.name_of(record['id'])} is in use by {user} and cannot be deleted. In "
                "order to delete the subnet, delete all the resources within the subnet. See "
                "aka.ms/deletesubnet.",
            )

    def outputs_of(self, data: Data, record: Data) -> Data:
        users = dict(_users(data, record["id"]))
        links = [{"id": users["server"], "name": LINK}] if "server" in users else []
        return {
            "delegations": [described(each, record) for each in record.get("delegations") or []],
            "ipConfigurationProfiles": [],
            "ipConfigurations": [],
            "privateEndpoints": [{"id": users["endpoint"]}] if "endpoint" in users else [],
            "purpose": "",
            "resourceNavigationLinks": [],
            "serviceAssociationLinks": links,
            "serviceEndpoints": [
                {"provisioningState": "Succeeded", "locations": ["*"], **each}
                for each in record.get("serviceEndpoints") or []
            ],
        }


def described(delegation: Data, subnet: Data) -> Data:
    """A delegation with what the service adds."""
    return {
        "actions": ["Microsoft.Network/virtualNetworks/subnets/join/action"],
        "id": f"{subnet['id']}/delegations/{delegation.get('name')}",
        "provisioningState": "Succeeded",
        "type": "Microsoft.Network/virtualNetworks/subnets/delegations",
        **delegation,
    }


def _services(record: Data) -> list[str]:
    return [each.get("serviceName") for each in record.get("delegations") or []]


def _users(data: Data, id: str) -> Iterator[tuple[str, str]]:
    """What is in the subnet, by its kind."""
    for server in data["instances"].values():
        if ids.key(server["network"].get("delegatedSubnetResourceId") or "") == ids.key(id):
            yield "server", f"{id}/{LINK}"
    for endpoint in data["privateEndpoints"].values():
        if ids.key(endpoint["subnet"]["id"]) == ids.key(id):
            yield "endpoint", endpoint["id"]
    for cluster in data["clusters"].values():
        if ids.key(cluster["nodeSubnet"]) == ids.key(id):
            yield "nodes", cluster["id"]
