"""The security groups of the cluster's nodes, which may connect to the instance."""

from collections.abc import Iterator

from components.aws.nodes import Nodes

SET_THEM = "set network.clientSecurityGroupIds to the security groups of its nodes"


def client_groups(of_cluster: str, nodes: Nodes) -> list[str]:
    """The security groups that the cluster's nodes have, as far as it can be told.

    A launch template with security groups replaces the cluster's own one on its nodes
    (docs.aws.amazon.com/eks/latest/userguide/launch-templates.html). Fargate's pods and nodes
    without a launch template have the cluster's.
    """
    of_templates = {group for each in nodes.templates for group in each.security_group_ids}
    return sorted(of_templates.union([of_cluster] if of_cluster else ()))


def doubts(cluster: str, nodes: Nodes) -> Iterator[str]:
    """One line for each reason that nodes may have other security groups than those found."""
    if not nodes.groups:
        yield (
            f"network.clientSecurityGroupIds: EKS cluster {cluster} has no node groups, and only "
            f"its own security group may connect; if its nodes have another one, {SET_THEM}"
        )
    known = {each.identifier: each for each in nodes.templates}
    for group in nodes.groups:
        for used in group.launch_templates:
            read, where = known[used.id], f"launch template {used.id} of {group.node_group_name}"
            if read.unreadable:
                yield (
                    f"network.clientSecurityGroupIds: {where} can't be read ({read.unreadable}); "
                    f"if it has security groups, {SET_THEM}"
                )
            elif str(used.version) != read.version:
                yield (
                    f"network.clientSecurityGroupIds: the nodes have version {used.version} of "
                    f"{where}, and only the newest, {read.version}, can be read; if the two have "
                    f"different security groups, {SET_THEM}"
                )
