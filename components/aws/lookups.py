"""Single look-ups in AWS, each to be asked beside others that do not depend on it."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_aws import eks, rds

from components.aws.live_inputs import live_inputs
from components.aws.policy import LABELS
from components.server.discovery import LiveServer, Lookup, lookup
from components.server.versions import major


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveInstance(LiveServer):
    """The instance that this stack made."""

    full_version: str
    """PostgreSQL's version with the minor one."""
    instance_class: str
    master_username: str
    key: str
    """The ARN of its encryption key."""
    subnet_group: str
    has_own_parameters: bool
    """Whether its parameter group is not one of RDS's defaults."""
    inputs: Mapping[str, Any]
    """What it has of its resource's inputs."""


def cluster(name: str) -> Lookup["eks.GetClusterResult"]:
    """The EKS cluster of that name."""
    question = f"cluster.name: {name} can't be looked up; check it, aws:region and the credentials"
    return lookup(question, eks.get_cluster, name=name)


def node_group_names(cluster_name: str) -> Lookup[list[str]]:
    """The names of the cluster's managed node groups."""
    found = lookup("cluster.name", eks.get_node_groups, cluster_name=cluster_name)
    return lambda: sorted(found().names)


def node_group(cluster_name: str, name: str) -> Lookup["eks.GetNodeGroupResult"]:
    """One managed node group."""
    return lookup(
        "cluster.name", eks.get_node_group, cluster_name=cluster_name, node_group_name=name
    )


def owned_instances(stack: str) -> Lookup[list[str]]:
    """The identifiers of the instances that carry this stack's tag."""
    found = lookup(f"The instance of {stack}", rds.get_instances, tags={LABELS.stack: stack})
    return lambda: sorted(found().instance_identifiers)


def live_instance(identifier: str) -> Lookup[LiveInstance]:
    """The instance that this stack made."""
    found = lookup(f"Instance {identifier}", rds.get_instance, db_instance_identifier=identifier)

    def answer() -> LiveInstance:
        each = found()
        return LiveInstance(
            identifier=identifier,
            zone=each.availability_zone,
            pinned_zone=each.tags.get(LABELS.zone) or each.availability_zone,
            version=major(each.engine_version),
            full_version=each.engine_version,
            instance_class=each.db_instance_class,
            master_username=each.master_username,
            key=each.kms_key_id,
            subnet_group=each.db_subnet_group,
            has_own_parameters=any(
                not name.startswith("default.") for name in each.db_parameter_groups
            ),
            inputs=live_inputs(each),
        )

    return answer


def subnets_of_group(name: str) -> Lookup[Sequence[str]]:
    """The subnets of the group that the live instance is in."""
    found = lookup(f"Subnet group {name}", rds.get_subnet_group, name=name)
    return lambda: found().subnet_ids
