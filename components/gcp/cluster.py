"""A GKE cluster: its network, its endpoints and the zones of its nodes."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from components.gcp.settings import Cluster as ClusterSettings

if TYPE_CHECKING:
    from pulumi_gcp import container

_ZONE = re.compile(r"-[a-z]$")


def network_path(network: str, project: str) -> str:
    """`projects/…/global/networks/…` of a network that is given by its name, path or URL."""
    path = re.search("projects/[^/]+/global/networks/[^/]+$", network)
    return path.group() if path else f"projects/{project}/global/networks/{network}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """What discovery needs of a GKE cluster."""

    name: str
    identifier: str
    region: str
    network: str
    """`projects/…/global/networks/…`; in another project with a Shared VPC."""
    endpoints: tuple[str, ...]
    """Public, private and by DNS: the kubeconfig may have any of them."""
    nodes: Mapping[str, float]
    """The desired number of nodes in each zone."""
    without_nodes: str
    """Why `nodes` is empty, for the line about the zone."""
    vpc_native: bool

    def problems(self) -> Iterator[str]:
        """One line if its pods cannot reach an instance by its private address.

        Routes of a routes-based cluster are custom routes, which are not exported to a peered
        network (cloud.google.com/sql/docs/postgres/connect-kubernetes-engine: "VPC-native").
        """
        if not self.vpc_native:
            yield (
                f"cluster.name: GKE cluster {self.name} is routes-based, so that its pods can't "
                "reach a private address of Cloud SQL; use a VPC-native cluster"
            )


def parse(
    asked: ClusterSettings, project: str, found: "container.GetClusterResult"
) -> Cluster | None:
    """The cluster, or None if it was not found: some versions answer with nulls, not an error."""
    if not found.network:
        return None
    nodes = _nodes(found)
    zones = sorted(found.node_locations or [])
    if found.enable_autopilot:
        # Google places its nodes; several zones are no reason for any of them.
        nodes = {zones[0]: 1} if len(zones) == 1 else {}
        reason = f"is an Autopilot cluster with nodes in {', '.join(zones)}"
    else:
        reason = "has no node pools with nodes"
    return Cluster(
        name=asked.name,
        identifier=f"projects/{project}/locations/{asked.location}/clusters/{asked.name}",
        region=_ZONE.sub("", asked.location),
        network=network_path(found.network, project),
        endpoints=tuple(_endpoints(found)),
        nodes=nodes,
        without_nodes=f"GKE cluster {asked.name} {reason}",
        vpc_native=found.networking_mode != "ROUTES",
    )


def _nodes(found: "container.GetClusterResult") -> dict[str, float]:
    """The node count of a pool holds for each of its zones."""
    nodes: dict[str, float] = {}
    for pool in found.node_pools or []:
        count = pool.node_count or pool.initial_node_count or 0
        for zone in (pool.node_locations or found.node_locations or []) if count else []:
            nodes[zone] = nodes.get(zone, 0) + count
    return nodes


def _endpoints(found: "container.GetClusterResult") -> Iterator[str]:
    if found.endpoint:
        yield f"https://{found.endpoint.removeprefix('https://')}"
    for private in found.private_cluster_configs or []:
        if private.private_endpoint:
            yield f"https://{private.private_endpoint}"
    for control_plane in found.control_plane_endpoints_configs or []:
        for dns in control_plane.dns_endpoint_configs or []:
            if dns.endpoint:
                yield f"https://{dns.endpoint}"
