"""Whether the cluster's nodes can resolve a server's name, and reach the server."""

from sandbox.providers.azure_native import ids
from sandbox.providers.cloud.account import Data

PRIVATE_LINK_ZONE = "privatelink.postgres.database.azure.com"


def admits(data: Data, instance: Data) -> bool:
    """Whether the server is in a virtual network of nodes, or has a private endpoint in one."""
    subnet = instance["network"].get("delegatedSubnetResourceId")
    subnets = [subnet] if subnet else [each["subnet"]["id"] for each in endpoints(data, instance)]
    return any(ids.key(ids.parent(each)) in _node_networks(data) for each in subnets)


def resolves(data: Data, instance: Data) -> bool:
    """Whether a zone that is linked to a virtual network of nodes has the server's name."""
    return any(
        ids.key(ids.parent(link["id"])) in _zones(data, instance)
        and ids.key(link["virtualNetwork"]["id"]) in _node_networks(data)
        for link in data["zoneLinks"].values()
    )


def endpoints(data: Data, instance: Data) -> list[Data]:
    """The private endpoints of a server."""
    return [
        each
        for each in data["privateEndpoints"].values()
        if each["target"] == ids.key(instance["id"])
    ]


def _zones(data: Data, instance: Data) -> set[str]:
    """The keys of the zones that have a record of the server; a linked zone exists."""
    own = instance["network"].get("privateDnsZoneArmResourceId")
    if own:
        return {ids.key(own)}
    keys = {ids.key(each["id"]) for each in endpoints(data, instance)}
    found = {
        ids.key(config["privateDnsZoneId"])
        for group in data["zoneGroups"].values()
        for config in group["privateDnsZoneConfigs"]
        if ids.key(ids.parent(group["id"])) in keys
    }
    return {key for key in found if ids.name_of(key) == PRIVATE_LINK_ZONE}


def _node_networks(data: Data) -> set[str]:
    return {ids.key(ids.parent(each["nodeSubnet"])) for each in data["clusters"].values()}
