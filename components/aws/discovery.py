"""Where an RDS instance belongs and what there is of it, found before anything is registered."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pulumi_aws import eks

from components.aws import lookups
from components.aws.certificates import regional_authorities
from components.aws.lookups import LiveInstance
from components.aws.network import Subnet, Subnets
from components.aws.policy import POLICY
from components.aws.settings import Settings
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
    """Where the instance is or will be, and who may connect to it."""

    zone: Zone
    vpc_id: str
    subnet_ids: tuple[str, ...]
    client_security_group_ids: tuple[str, ...]
    authorities: str
    """The CAs that may have signed the instance's certificate, as PEM."""
    live: LiveInstance | None


def discover(request: DiscoveryRequest[Settings]) -> Placement:
    """All look-ups, at most four in sequence; raises DiscoveryFailed with a line for each fault."""
    own, server, name = request.own, request.server, request.own.cluster.name
    cluster, tagged, *given = ask(
        lookups.cluster(name),
        lookups.owned_instances(server.spec.stack),
        *map(lookups.subnet, own.network.subnet_ids),
    )
    owned = own_servers(tagged, "identifier", server.spec.stack, POLICY)
    live, source, group_names, *of_cluster = ask(
        ask_if(len(owned) == 1, lookups.live_instance, *owned[:1]),
        ask_if(not owned and own.restore_from.is_given, lookups.restore_source, own.restore_from),
        ask_if(not given or not (server.zone or owned), lookups.node_group_names, name),
        *([] if given else map(lookups.subnet, cluster.vpc_config.subnet_ids)),
    )
    candidates = {subnet.identifier: subnet for subnet in given or of_cluster}
    groups = ask(*(lookups.node_group(name, each) for each in group_names or ()))
    elsewhere = {each for group in groups for each in group.subnet_ids} - candidates.keys()
    of_nodes = {each.identifier: each for each in ask(*map(lookups.subnet, sorted(elsewhere)))}
    subnets = Subnets(
        vpc_id=own.network.vpc_id or cluster.vpc_config.vpc_id,
        given=bool(given),
        candidates=candidates,
        of_nodes=of_nodes,
    )
    nodes = _nodes_by_zone(groups, candidates | of_nodes)
    zone, zone_problems = choose_zone(
        server.zone,
        live,
        nodes,
        POLICY,
        without_nodes=f"EKS cluster {name} has no node groups (Karpenter, Auto Mode, Fargate)",
    )
    clients = own.network.client_security_group_ids or [
        cluster.vpc_config.cluster_security_group_id
    ]
    region = cluster.arn.split(":")[3]
    authorities = server.ca_certificate or regional_authorities(region)
    refuse(
        only_server(owned, server.spec.stack, POLICY),
        _kubeconfig_problems(request, own.network.endpoint or cluster.endpoint),
        zone_problems,
        subnets.problems(zone, live.zone if live else zone),
        _missing(name, clients, region, authorities),
        _version_problems(server, live) if live else (),
        source.problems(server, _key(own)) if source else (),
    )
    return Placement(
        cluster_identifier=cluster.arn,
        zone=Zone(zone, zone),
        vpc_id=subnets.vpc_id,
        subnet_ids=subnets.chosen(zone),
        client_security_group_ids=tuple(sorted(set(clients))),
        authorities=authorities,
        live=live,
    )


def _nodes_by_zone(
    groups: Sequence["eks.GetNodeGroupResult"], subnets: Mapping[str, Subnet]
) -> dict[str, float]:
    """The desired number of nodes in each zone; a group spreads its nodes over its zones."""
    nodes: dict[str, float] = {}
    for group in groups:
        zones = {subnets[each].zone for each in group.subnet_ids}
        desired = sum(scaling.desired_size for scaling in group.scaling_configs)
        for zone in zones:
            nodes[zone] = nodes.get(zone, 0) + desired / len(zones)
    return nodes


def _kubeconfig_problems(request: DiscoveryRequest[Settings], endpoint: str) -> Iterable[str]:
    name = request.own.cluster.name
    return kubeconfig.problems(
        request.kube_context,
        endpoints=[endpoint],
        cluster=f"EKS cluster {name}",
        cure=f"type `aws eks update-kubeconfig --name {name}`",
    )


def _missing(name: str, clients: Sequence[str], region: str, authorities: str) -> Iterator[str]:
    if not all(clients):
        yield (
            f"network.clientSecurityGroupIds: missing, and EKS cluster {name} has no security "
            "group of its own; set it to those of its nodes"
        )
    if not authorities:
        yield (
            f"caCertificate: missing, and no bundled RDS CA covers region {region}; set it to the "
            "path of Amazon's bundle for that region"
        )


def _version_problems(server: ServerSettings, live: LiveInstance) -> Iterator[str]:
    yield from versions.problems(server.major, live, POLICY)
    if server.major > live.version and live.has_own_parameters and not server.apply_immediately:
        yield (
            f"postgresVersion: is {server.major}, and instance {live.identifier} has a parameter "
            f"group of {live.version}, which can be deleted only after the upgrade; type `pulumi "
            "config set applyImmediately true`, so that the upgrade doesn't wait"
        )


def _key(own: Settings) -> EncryptionKey:
    return EncryptionKey(
        setting="server.kmsKeyId",
        value=own.server.kms_key_id,
        copy_command="aws rds copy-db-snapshot --kms-key-id …",
    )
