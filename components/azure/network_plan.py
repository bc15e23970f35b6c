"""How the cluster's network will reach the server."""

import dataclasses

from components.azure import ids
from components.azure.ids import ResourceId
from components.azure.network_settings import Network
from components.azure.topology import PrivateZone, Range, Subnet, VirtualNetwork

ZONE_SUFFIX = "postgres.database.azure.com"
ENDPOINT_ZONE = f"privatelink.{ZONE_SUFFIX}"


def zone_name(asked: Network, server_name: str) -> str:
    """Of the private DNS zone that is made; a server's own zone may not have the server's name."""
    if asked.has_private_endpoint:
        return ENDPOINT_ZONE
    return f"{server_name}.private.{ZONE_SUFFIX}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkPlan:
    """The network settings, and what was found of what they name."""

    asked: Network
    cluster: str
    """The cluster, as errors name it."""
    node_resource_group: str
    region: str
    subscription: str
    resource_group: str
    """Of the server, its zone and its endpoint."""
    server_name: str
    nodes: VirtualNetwork | None
    """None where AKS manages the network, or where it is in another subscription."""
    nodes_subnet: str
    """Empty where AKS manages the network."""
    subnet: Subnet | None
    """The one that the settings name, for the server or for its endpoint."""
    subnet_network: VirtualNetwork | None
    zone: PrivateZone | None
    """The zone that the settings name; without one, what exists of the name that is made."""
    cluster_ranges: tuple[Range, ...]
    """Of the pods and services, where they are not addresses of a subnet."""

    @property
    def subnet_name(self) -> str:
        """Of the delegated subnet that is made."""
        return self.server_name

    @property
    def nodes_network(self) -> ResourceId:
        """The network of the nodes, in which a subnet is made."""
        return ids.parse(self.nodes_subnet).parent

    @property
    def existing_subnet(self) -> str:
        """The ID of a subnet that has the place of the one that is made; empty if there is none."""
        exists = self.nodes and self.subnet_name in self.nodes.subnets
        return f"{self.nodes_network.text}/subnets/{self.subnet_name}" if exists else ""

    @property
    def zone_name(self) -> str:
        """Of the private DNS zone that is made."""
        return zone_name(self.asked, self.server_name)

    @property
    def linked(self) -> dict[str, str]:
        """The IDs of the networks that the zone which is made is linked to, by what they hold."""
        asked = self.asked
        named = asked.delegated_subnet_id or asked.private_endpoint.subnet_id
        server = ids.parse(named, ids.SUBNET).parent
        nodes = self.nodes_network if self.nodes_subnet else server
        linked = {"nodes": nodes.text}
        if asked.delegated_subnet_id and server.key != nodes.key:
            linked["server"] = server.text
        return linked

    @property
    def endpoint_subnet(self) -> str:
        """Where a private endpoint is."""
        return self.asked.private_endpoint.subnet_id or self.nodes_subnet
