"""An AKS cluster: its endpoints, its network and the zones of its nodes."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from components.azure import ids
from components.azure.ids import ResourceId
from components.azure.topology import Range, ranges, region

if TYPE_CHECKING:
    from pulumi_azure_native import containerservice


@dataclasses.dataclass(frozen=True, kw_only=True)
class AksCluster:
    """What discovery needs of an AKS cluster."""

    id: ResourceId
    region: str
    node_resource_group: str
    subnet: ResourceId
    """Of the nodes; without parts where AKS manages the network."""
    nodes: Mapping[str, float]
    """How many there are in each zone; none of pools without zones."""
    endpoints: tuple[str, ...]
    """Public and private; the kubeconfig may have either."""
    ranges: tuple[Range, ...]
    """Of pods and services, where they are not addresses of a subnet."""


def parse(found: "containerservice.GetManagedClusterResult") -> AksCluster:
    """The cluster, from its look-up."""
    pools = found.agent_pool_profiles or []
    subnets = [pool.vnet_subnet_id for pool in pools if pool.vnet_subnet_id]
    network = found.network_profile
    cidrs = [network.service_cidr, network.pod_cidr] if network else []
    return AksCluster(
        id=ids.parse(found.id),
        region=region(found.location),
        node_resource_group=found.node_resource_group or "",
        subnet=ids.parse(subnets[0] if subnets else ""),
        nodes=_nodes(found),
        endpoints=tuple(_endpoints(found)),
        ranges=ranges([cidr for cidr in cidrs if cidr]),
    )


def _nodes(found: "containerservice.GetManagedClusterResult") -> dict[str, float]:
    """A pool spreads its nodes over its zones; Coder runs on Linux only."""
    nodes: dict[str, float] = {}
    for pool in found.agent_pool_profiles or []:
        zones = pool.availability_zones or []
        for zone in zones if pool.os_type != "Windows" else []:
            nodes[zone] = nodes.get(zone, 0) + (pool.count or 0) / len(zones)
    return nodes


def _endpoints(found: "containerservice.GetManagedClusterResult") -> Iterator[str]:
    for name in (found.fqdn, found.private_fqdn):
        if name:
            yield f"https://{name}"
