"""Launch templates of node groups, and the security groups that they give to nodes."""

import dataclasses
from collections.abc import Iterable

from pulumi_aws import ec2, eks

from components.server.discovery import DiscoveryFailed, Lookup, lookup


@dataclasses.dataclass(frozen=True, kw_only=True)
class LaunchTemplate:
    """The newest version of a launch template: the provider reads no other one."""

    identifier: str
    version: str
    security_group_ids: frozenset[str] = frozenset()
    unreadable: str = ""
    """Why it can't be read."""


def template_ids(groups: Iterable["eks.GetNodeGroupResult"]) -> list[str]:
    """The launch templates that somebody made for node groups; EKS lists only those."""
    return sorted({each.id for group in groups for each in group.launch_templates})


def launch_template(identifier: str) -> Lookup[LaunchTemplate]:
    """The security groups of a launch template; that it can't be read is no failure."""
    found = lookup(identifier, ec2.get_launch_template, id=identifier)

    def answer() -> LaunchTemplate:
        try:
            each = found()
        except DiscoveryFailed as failed:
            return LaunchTemplate(identifier=identifier, version="", unreadable=failed.lines[0])
        interfaces = {group for at in each.network_interfaces for group in at.security_groups}
        return LaunchTemplate(
            identifier=identifier,
            version=str(each.latest_version),
            security_group_ids=frozenset(interfaces.union(each.vpc_security_group_ids)),
        )

    return answer
