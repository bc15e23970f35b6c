"""The node groups of the EKS cluster: where their nodes are, and their security groups."""

import dataclasses
from collections.abc import Mapping, Sequence

from pulumi_aws import eks

from components.aws.launch_templates import LaunchTemplate, launch_template, template_ids
from components.aws.lookups import node_group
from components.aws.subnets import Subnet, subnets
from components.server.discovery import Lookup, ask


@dataclasses.dataclass(frozen=True, kw_only=True)
class Nodes:
    """The managed node groups; none for Karpenter, Auto Mode or Fargate."""

    groups: Sequence["eks.GetNodeGroupResult"] = ()
    subnets: Mapping[str, Subnet] = dataclasses.field(default_factory=dict)
    """Those of the groups that were not known before."""
    templates: Sequence[LaunchTemplate] = ()

    def by_zone(self, known: Mapping[str, Subnet]) -> dict[str, float]:
        """The desired number of nodes in each zone; a group spreads its nodes over its zones."""
        nodes: dict[str, float] = {}
        for group in self.groups:
            found = [{**known, **self.subnets}.get(each) for each in group.subnet_ids]
            zones = {subnet.zone for subnet in found if subnet}
            desired = sum(scaling.desired_size for scaling in group.scaling_configs)
            for zone in zones:
                nodes[zone] = nodes.get(zone, 0) + desired / len(zones)
        return nodes


def nodes(
    cluster: str,
    names: Sequence[str],
    known: Mapping[str, Subnet],
    *,
    vpc_id: str,
    with_subnets: bool,
    with_templates: bool,
) -> Lookup[Nodes]:
    """The node groups, and what they refer to, in two steps."""

    def answer() -> Nodes:
        groups = ask(*(node_group(cluster, each) for each in names))
        elsewhere = {each for group in groups for each in group.subnet_ids} - known.keys()
        found, *templates = ask(
            subnets(sorted(elsewhere) if with_subnets else (), vpc_id),
            *map(launch_template, template_ids(groups) if with_templates else ()),
        )
        return Nodes(groups=groups, subnets=found, templates=templates)

    return answer
