"""Where a flexible server belongs and what there is of it, found before anything is registered."""

import dataclasses
from collections.abc import Iterable

import pulumi

from components.azure import checks, live_checks, lookups, network_checks
from components.azure.certificates import authorities
from components.azure.cluster import AksCluster
from components.azure.lookups import LiveFlexibleServer
from components.azure.names import server_name
from components.azure.network_lookups import plan_lookups
from components.azure.network_plan import NetworkPlan
from components.azure.policy import POLICY
from components.azure.restore import restore_source
from components.azure.settings import ZONES, Settings
from components.kubernetes import kubeconfig
from components.server.discovery import Discovery, DiscoveryRequest, ask, ask_if, refuse
from components.server.placement import choose_zone
from components.server.restore import EncryptionKey
from components.server.zone import Zone


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placement(Discovery):
    """Where the server is or will be, and how the cluster reaches it."""

    region: str
    subscription: str
    network: NetworkPlan
    authorities: str
    """The CAs that the server's certificate may chain to, as PEM."""
    live: LiveFlexibleServer | None
    restores: bool
    """Whether the server is yet to be restored from another one."""


def discover(request: DiscoveryRequest[Settings]) -> Placement:
    """All look-ups, at most three in sequence; raises DiscoveryFailed with all faults."""
    own, server = request.own, request.server
    (cluster,) = ask(lookups.cluster(own.cluster))
    name = server_name(server.spec.stack, cluster.id, own.resource_group)
    live, nodes, subnet, subnet_network, zone_found = ask(
        lookups.live_server(own.resource_group, name), *plan_lookups(own, cluster, name)
    )
    plan = NetworkPlan(
        asked=own.network,
        cluster=own.cluster.name,
        node_resource_group=cluster.node_resource_group,
        region=cluster.region,
        subscription=cluster.id.subscription,
        resource_group=own.resource_group,
        server_name=name,
        nodes=nodes,
        nodes_subnet=cluster.subnet.text,
        subnet=subnet,
        subnet_network=subnet_network,
        zone=zone_found,
        cluster_ranges=cluster.ranges,
    )
    (source,) = ask(ask_if(not live and own.restore_from.is_given, restore_source, own, plan))
    zone, zone_problems = _zone(request, live, cluster)
    refuse(
        _kubeconfig_problems(request, cluster),
        zone_problems,
        () if live else checks.standby_zone_problems(own.server.standby_zone, zone),
        network_checks.problems(plan),
        live_checks.problems(server, own, live) if live else (),
        live_checks.network_problems(live, plan) if live else (),
        live_checks.restore_problems(server) if source else (),
        source.problems(server, _key(own)) if source else (),
    )
    return Placement(
        # Its case has no meaning, and another one would be another cluster for the engine.
        cluster_identifier=cluster.id.key,
        zone=Zone(zone, f"{cluster.region}-{zone}") if zone else None,
        region=cluster.region,
        subscription=cluster.id.subscription,
        network=plan,
        authorities=server.ca_certificate or authorities(),
        live=live,
        restores=source is not None,
    )


def _zone(
    request: DiscoveryRequest[Settings], live: LiveFlexibleServer | None, cluster: AksCluster
) -> tuple[str, Iterable[str]]:
    """The number of the server's zone; empty leaves it to Azure."""
    # The settings' own checks have a line for another value.
    asked = request.server.zone if request.server.zone in ZONES else ""
    if not live and not asked and not cluster.nodes:
        pulumi.info(
            f"zone: no node pool of AKS cluster {request.own.cluster.name} has zones, so Azure "
            "chooses the server's; to choose it before the server is created: `pulumi config set "
            "zone …`"
        )
        return "", ()
    return choose_zone(asked, live, cluster.nodes, POLICY, without_nodes="")


def _kubeconfig_problems(request: DiscoveryRequest[Settings], cluster: AksCluster) -> Iterable[str]:
    given, asked = request.own.network.endpoint, request.own.cluster
    return kubeconfig.problems(
        request.kube_context,
        endpoints=[given] if given else cluster.endpoints,
        cluster=f"AKS cluster {asked.name}",
        cure=f"type `az aks get-credentials --resource-group {asked.resource_group} --name "
        f"{asked.name}`",
    )


def _key(own: Settings) -> EncryptionKey:
    return EncryptionKey(setting="server.keyUri", value=own.server.key_uri, copy_command="")
