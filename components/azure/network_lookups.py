"""Single look-ups of networks and private DNS zones."""

from collections.abc import Mapping
from typing import Any

from pulumi_azure_native import privatedns

from components.azure import ids
from components.azure.cluster import AksCluster
from components.azure.ids import ResourceId
from components.azure.lookups import GROUP_MISSING, MISSING
from components.azure.network_plan import zone_name
from components.azure.settings import Settings
from components.azure.topology import PrivateZone, Range, Subnet, VirtualNetwork, ranges, region
from components.server.discovery import Lookup, ask_if, lookup
from components.server.lookups import by_token, if_exists


def plan_lookups(own: Settings, cluster: AksCluster, server_name: str) -> list[Lookup[Any]]:
    """The nodes' network, the subnet that the settings name, its network, and the DNS zone.

    What is in another subscription answers None: a look-up has no other subscription.
    """
    asked = own.network
    key, text = "network.delegatedSubnetId", asked.delegated_subnet_id
    if asked.has_private_endpoint:
        key, text = "network.privateEndpoint.subnetId", asked.private_endpoint.subnet_id
    named = ids.parse(text, ids.SUBNET)
    zone = ids.parse(asked.private_dns_zone_id, ids.ZONE)
    made = ids.parse(
        ids.resource_id(
            cluster.id.subscription, own.resource_group, ids.ZONE, zone_name(asked, server_name)
        )
    )

    def here(id: ResourceId) -> bool:
        return id.subscription.lower() == cluster.id.subscription.lower()

    return [
        ask_if(here(cluster.subnet), virtual_network, cluster.subnet.parent),
        ask_if(here(named), subnet, key, named),
        ask_if(here(named), virtual_network, named.parent),
        ask_if(here(zone), private_zone, zone)
        if asked.private_dns_zone_id
        # The look-up of the server has a line for a resource group that does not exist.
        else if_exists(if_exists(private_zone(made), MISSING), GROUP_MISSING),
    ]


def private_zone(id: ResourceId) -> Lookup[PrivateZone]:
    """A private DNS zone."""
    found = lookup(
        f"network.privateDnsZoneId: {id.text} can't be found",
        privatedns.get_private_zone,
        resource_group_name=id.resource_group,
        private_zone_name=id.name,
    )
    return lambda: PrivateZone(id=id, links=int(found().number_of_virtual_network_links or 0))


def virtual_network(id: ResourceId) -> Lookup[VirtualNetwork]:
    """A virtual network and the ranges of its subnets."""
    found = _network(
        "getVirtualNetwork",
        f"network: {id.text} can't be looked up",
        resourceGroupName=id.resource_group,
        virtualNetworkName=id.name,
    )

    def answer() -> VirtualNetwork:
        each = found()
        peerings = each.get("virtualNetworkPeerings") or []
        remotes = [peering.get("remoteVirtualNetwork") or {} for peering in peerings]
        return VirtualNetwork(
            id=id,
            region=region(each["location"]),
            space=ranges((each.get("addressSpace") or {}).get("addressPrefixes") or []),
            subnets={subnet["name"]: _ranges(subnet) for subnet in each.get("subnets") or []},
            peers=frozenset(remote["id"].lower() for remote in remotes if remote.get("id")),
        )

    return answer


def subnet(key: str, id: ResourceId) -> Lookup[Subnet]:
    """The subnet that the setting `key` names."""
    found = _network(
        "getSubnet",
        f"{key}: {id.text} can't be looked up",
        resourceGroupName=id.resource_group,
        virtualNetworkName=id.name,
        subnetName=id.child,
    )

    def answer() -> Subnet:
        each = found()
        services = [one.get("serviceName") or "" for one in each.get("delegations") or []]
        return Subnet(id=id, ranges=_ranges(each), delegations=tuple(services))

    return answer


def _ranges(subnet: Mapping[str, Any]) -> tuple[Range, ...]:
    return ranges([subnet.get("addressPrefix") or "", *(subnet.get("addressPrefixes") or [])])


def _network(function: str, question: str, **arguments: str) -> Lookup[Mapping[str, Any]]:
    token = f"azure-native:network:{function}"
    return by_token(question, "pulumi-azure-native", token, **arguments)
