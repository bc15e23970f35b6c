"""The answers to all look-ups in AWS, before anything is judged."""

import dataclasses
from collections.abc import Mapping

from pulumi_aws import eks

from components.aws import checks, lookups
from components.aws.lookups import LiveInstance
from components.aws.nodes import Nodes, nodes
from components.aws.offers import Offers, offers
from components.aws.policy import POLICY
from components.aws.recorded_instance import RecordedInstance, recorded_instance
from components.aws.restore_lookups import InstanceSource, restore_source
from components.aws.settings import Settings
from components.aws.subnets import Subnet, subnets
from components.server.discovery import DiscoveryRequest, ask, ask_if, refuse
from components.server.ownership import own_servers


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """What AWS and the stack's state say."""

    cluster: "eks.GetClusterResult"
    owned: list[str]
    """The identifiers of the instances that are this stack's."""
    live: LiveInstance | None
    recorded: RecordedInstance
    source: InstanceSource | None
    subnets: Mapping[str, Subnet]
    """Those of the settings, or without them the cluster's."""
    in_use: frozenset[str]
    """The subnets of the live instance's group."""
    nodes: Nodes
    offers: Offers


def all_answers(request: DiscoveryRequest[Settings]) -> Answers:
    """Ask everything, with at most five look-ups in sequence."""
    own, server, name = request.own, request.server, request.own.cluster.name
    network, stack = own.network, server.spec.stack
    cluster, tagged, given = ask(
        lookups.cluster(name), lookups.owned_instances(stack), subnets(network.subnet_ids)
    )
    # A cluster that is being created lacks what the other look-ups need.
    refuse(checks.cluster_problems(name, cluster.status))
    vpc_id = network.vpc_id or cluster.vpc_config.vpc_id
    owned = own_servers(tagged, "identifier", stack, POLICY)
    needs_zones = not given or not (server.zone or owned)
    needs_clients = not network.client_security_group_ids
    live, recorded, source, groups, of_cluster = ask(
        ask_if(len(owned) == 1, lookups.live_instance, *owned[:1]),
        ask_if(len(owned) == 1, recorded_instance, stack, *owned[:1]),
        ask_if(not owned and own.restore_from.is_given, restore_source, own.restore_from),
        ask_if(needs_zones or needs_clients, lookups.node_group_names, name),
        subnets(() if given else cluster.vpc_config.subnet_ids, vpc_id),
    )
    found, offered, in_use = ask(
        nodes(
            name,
            groups or (),
            given or of_cluster,
            # Which subnets are public does not matter where the settings name those to take.
            vpc_id="" if given else vpc_id,
            with_subnets=needs_zones,
            with_templates=needs_clients,
        ),
        ask_if(not any(POLICY.problems(server)), offers, server, live),
        ask_if(bool(live and not given), lookups.subnets_of_group, live and live.subnet_group),
    )
    return Answers(
        cluster=cluster,
        owned=owned,
        live=live,
        recorded=recorded or RecordedInstance(),
        source=source,
        subnets=given or of_cluster,
        in_use=frozenset(in_use or ()),
        nodes=found,
        offers=offered or Offers(),
    )
