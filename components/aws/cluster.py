"""An EKS cluster, found by its name: its network, and the zone that the database belongs in."""

import dataclasses
import re
from collections.abc import Iterator

import pulumi
from pulumi_aws import eks

from components.aws import lookup
from components.aws.network import Subnets
from components.aws.running import Running, find_running
from components.kubernetes import kubeconfig
from components.server.discovery import Cluster, Search


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """The setting `cluster` of `cloud: aws`."""

    name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """The setting `network` of `cloud: aws`: what is given here is not taken from the cluster."""

    vpc_id: str = ""
    subnet_ids: list[str] = dataclasses.field(default_factory=list)
    """In at least two zones; RDS insists on two, also for a server in one."""
    client_security_group_ids: list[str] = dataclasses.field(default_factory=list)
    """Who may connect; the cluster's own security group is on all nodes of managed node groups."""
    endpoint: str = ""
    """Where the kubeconfig reaches the API server, if not at its own endpoint."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What the server needs to know of the place that it is made in."""

    region: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    client_security_group_ids: tuple[str, ...]
    running: Running | None
    """The server that an earlier update of this stack has made."""


def find_cluster(args: ClusterArgs, search: Search) -> tuple[Cluster | None, list[str]]:
    """The EKS cluster of that name, or None, and a line for everything that does not fit."""
    given = search.network or NetworkArgs()
    try:
        cluster = lookup.ask(
            f"cluster.name: {args.name} can't be looked up; check it, aws:region and the "
            "credentials",
            eks.get_cluster,
            name=args.name,
        )
        running, problems = find_running(search.stack)
        subnets = Subnets.find(
            given.vpc_id or cluster.vpc_config.vpc_id,
            given.subnet_ids,
            list(cluster.vpc_config.subnet_ids),
        )
        needless = given.subnet_ids and (search.zone or running)
        nodes = {} if needless else _nodes_by_zone(args.name, subnets)
    except lookup.LookupFailed as failed:
        return None, [str(failed)]
    problems += _kubeconfig_problems(args.name, given.endpoint or cluster.endpoint, search.context)
    zone, lines = _zone(args.name, search.zone, running, nodes)
    problems += [*lines, *subnets.problems(zone)]
    if running and running.zone != zone:
        problems += subnets.misses(zone, running.zone)
    clients = given.client_security_group_ids or [cluster.vpc_config.cluster_security_group_id]
    if not all(clients):
        problems.append(
            f"network.clientSecurityGroupIds: missing, and EKS cluster {args.name} has no security "
            "group of its own; give those of its nodes"
        )
    problems += [
        f"network.clientSecurityGroupIds: {client!r} is no id of a security group (sg-…)"
        for client in clients
        if client and not re.fullmatch("sg-[a-zA-Z0-9]+", str(client))
    ]
    found = Found(
        region=cluster.arn.split(":")[3],
        vpc_id=subnets.vpc_id,
        subnet_ids=subnets.chosen(zone),
        client_security_group_ids=tuple(sorted(map(str, set(clients)))),
        running=running,
    )
    return Cluster(identifier=cluster.arn, zone=zone, found=found), problems


def _kubeconfig_problems(name: str, endpoint: str, context: str) -> Iterator[str]:
    try:
        current = kubeconfig.current(context)
    except kubeconfig.KubeconfigError as error:
        yield str(error)
        return
    if not current.answers_at(endpoint):
        yield (
            f"kubeContext: context {current.context} of the kubeconfig points to {current.server}, "
            f"yet EKS cluster {name} answers at {endpoint}; type `aws eks update-kubeconfig --name "
            f"{name}`, or set kubeContext to its context"
        )


def _nodes_by_zone(name: str, subnets: Subnets) -> dict[str, float]:
    """How many nodes are asked for in each zone; a group spreads its nodes over its zones."""
    nodes: dict[str, float] = {}
    groups = lookup.ask("cluster.name", eks.get_node_groups, cluster_name=name)
    for group_name in sorted(groups.names):
        group = lookup.ask(
            "cluster.name", eks.get_node_group, cluster_name=name, node_group_name=group_name
        )
        zones = {subnets.of_nodes(subnet) for subnet in group.subnet_ids}
        desired = sum(scaling.desired_size for scaling in group.scaling_configs)
        for zone in zones:
            nodes[zone] = nodes.get(zone, 0) + desired / len(zones)
    return nodes


def _zone(
    cluster: str, asked: str, running: Running | None, nodes: dict[str, float]
) -> tuple[str, list[str]]:
    """Where the database belongs, and a line where that can't be."""
    if asked and running and asked not in (running.home, running.zone):
        return asked, [
            f'zone: is "{asked}", yet instance {running.identifier} is in {running.zone}, and RDS '
            f"moves none; set it to {running.zone}, or make a new stack there with restoreFrom"
        ]
    if asked or running:
        return asked or (running.home if running else ""), []
    if not nodes:
        return "", [
            f"zone: can't be found, as EKS cluster {cluster} has no node groups (Karpenter, Auto "
            "Mode, Fargate); type `pulumi config set zone …`"
        ]
    zone = max(sorted(nodes), key=lambda each: nodes[each])
    if len(nodes) > 1:
        shares = ", ".join(f"{each} {nodes[each]:g}" for each in sorted(nodes))
        pulumi.info(
            f"zone: {zone} is taken, where most nodes are asked for ({shares}); the database stays "
            "there; for another one: `pulumi config set zone …` before it is made"
        )
    return zone, []
