"""Where a Cloud SQL instance belongs and what there is of it, found before anything is made."""

import dataclasses
from collections.abc import Iterator, Sequence

from components.gcp import lookups, machines, network_lookups, placement
from components.gcp.cluster import Cluster
from components.gcp.labels import LABELS
from components.gcp.lookups import LiveInstance
from components.gcp.network import PrivateServices
from components.gcp.policy import POLICY
from components.gcp.restore_lookups import restore_source
from components.gcp.server_settings import key_problems
from components.gcp.settings import Settings
from components.kubernetes import kubeconfig
from components.server import versions
from components.server.discovery import Discovery, DiscoveryRequest, ask, ask_if, refuse
from components.server.ownership import only_server, own_servers
from components.server.placement import choose_zone
from components.server.restore import EncryptionKey
from components.server.settings import ServerSettings
from components.server.zone import Zone


@dataclasses.dataclass(frozen=True, kw_only=True)
class Placement(Discovery):
    """Where the instance is or will be, and how it is reached."""

    zone: Zone
    project: str
    region: str
    secondary_zone: str
    """Of the standby; empty without one."""
    private_services: PrivateServices
    authorities: str
    """The CAs of the live instance or of the settings, as PEM; empty for a new instance."""
    live: LiveInstance | None
    serving_zone: str
    """Where the live instance is; empty for a new one."""


def discover(request: DiscoveryRequest[Settings]) -> Placement:
    """All look-ups, at most four in sequence; raises DiscoveryFailed with a line for each fault."""
    own, server, stack = request.own, request.server, request.server.spec.stack
    project = lookups.project()
    cluster, instances = ask(lookups.cluster(own.cluster, project), lookups.instances(project))
    owned = _owned(instances, stack)
    live = next((i for i in instances if len(owned) == 1 and i.identifier in owned), None)
    network, region = own.network.network or cluster.network, cluster.region
    given, asks_authorities = own.network.range, bool(live and not server.ca_certificate)
    authorities, source, tiers, zones, exists, of_range, made, moved = ask(
        ask_if(asks_authorities, lookups.authorities, *owned[:1], project),
        ask_if(
            not owned and own.restore_from.is_given, restore_source, own, project, region, network
        ),
        lookups.tiers(project, region),
        network_lookups.zones(project, region),
        network_lookups.is_peered(network),
        ask_if(bool(given), network_lookups.allocated_range, given, network),
        lookups.made_connections(stack),
        ask_if(bool(live and live.secondary_zone), lookups.has_failed_over, live, project),
    )
    zone, zone_faults = choose_zone(
        server.zone, live, cluster.nodes, POLICY, without_nodes=cluster.without_nodes
    )
    secondary, secondary_faults = placement.secondary_zone(
        server, own.server.secondary_zone, zone, live, cluster.nodes, zones
    )
    private_services = PrivateServices(
        network=network,
        create=own.network.creates,
        exists=exists,
        is_own=network in made,
        range=given,
        range_network=of_range or "",
        neighbours=tuple(_neighbours(network, project, instances, owned)),
    )
    refuse(
        only_server(owned, stack, POLICY),
        _kubeconfig_problems(request, cluster),
        cluster.problems(),
        zone_faults,
        placement.zone_problems(zone, live, region, zones),
        secondary_faults,
        private_services.problems(),
        machines.offer_problems(own.tier(server.size), region, tiers),
        key_problems(own.server.encryption_key_name, region),
        _live_problems(server, live) if live else (),
        source.problems(server, _key(own)) if source else (),
    )
    return Placement(
        cluster_identifier=cluster.identifier,
        zone=Zone(zone, zone),
        project=project,
        region=region,
        secondary_zone=secondary,
        private_services=private_services,
        authorities=server.ca_certificate or authorities or "",
        live=live,
        serving_zone=(live.secondary_zone if moved else live.zone) if live else "",
    )


def _owned(instances: Sequence[LiveInstance], stack: str) -> list[str]:
    label = LABELS.spelled(stack)
    tagged = [each.identifier for each in instances if each.labels.get(LABELS.stack) == label]
    return own_servers(tagged, "name", stack, POLICY)


def _neighbours(
    network: str, project: str, instances: Sequence[LiveInstance], owned: Sequence[str]
) -> Iterator[str]:
    if network.split("/")[1] != project:
        yield "the other projects of the Shared VPC"
    for each in instances:
        if each.network == network and each.identifier not in owned:
            yield f"instance {each.identifier}"


def _kubeconfig_problems(request: DiscoveryRequest[Settings], cluster: Cluster) -> Iterator[str]:
    given, asked = request.own.network.endpoint, request.own.cluster
    yield from kubeconfig.problems(
        request.kube_context,
        endpoints=[given] if given else cluster.endpoints,
        cluster=f"GKE cluster {asked.name}",
        cure=f"type `gcloud container clusters get-credentials {asked.name} --location="
        f"{asked.location}`",
    )


def _live_problems(server: ServerSettings, live: LiveInstance) -> Iterator[str]:
    yield from versions.problems(server.major, live, POLICY)
    # With automatic growth the provider ignores a smaller size; without it, it replaces the disk.
    if server.max_storage_gb == server.storage_gb < live.storage_gb:
        yield (
            f"storageGb: is {server.storage_gb}, but instance {live.identifier} has "
            f"{live.storage_gb}, and storage never shrinks; type `pulumi config set storageGb "
            f"{live.storage_gb}` and `pulumi config set maxStorageGb {live.storage_gb}`"
        )


def _key(own: Settings) -> EncryptionKey:
    return EncryptionKey(setting="server.encryptionKeyName", value=own.server.encryption_key_name)
