"""Single look-ups in AWS, each to be asked beside others that do not depend on it."""

import dataclasses
from collections.abc import Iterator

from pulumi_aws import ec2, eks, rds

from components.aws.network import Subnet
from components.aws.policy import ADMIN, LABELS
from components.aws.settings import RestoreFrom
from components.server.discovery import LiveServer, Lookup, lookup
from components.server.restore import RestoreSource
from components.server.versions import major


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveInstance(LiveServer):
    """The instance that this stack made."""

    has_own_parameters: bool
    """Whether its parameter group is not one of RDS's defaults."""


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


def subnet(identifier: str) -> Lookup[Subnet]:
    """One subnet."""
    found = lookup(f"network.subnetIds: {identifier}", ec2.get_subnet, id=identifier)

    def answer() -> Subnet:
        each = found()
        return Subnet(identifier, each.availability_zone, each.vpc_id, each.map_public_ip_on_launch)

    return answer


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
            has_own_parameters=any(
                not name.startswith("default.") for name in each.db_parameter_groups
            ),
        )

    return answer


def restore_source(asked: RestoreFrom) -> Lookup[RestoreSource]:
    """The snapshot or instance that the new instance is made from."""
    return _snapshot(asked.snapshot) if asked.snapshot else _source_instance(asked.instance)


def _snapshot(identifier: str) -> Lookup[RestoreSource]:
    found = lookup(
        f"restoreFrom.snapshot: {identifier} can't be found",
        rds.get_snapshot,
        db_snapshot_identifier=identifier,
        include_shared=identifier.startswith("arn:") or None,
    )

    def answer() -> RestoreSource:
        each = found()
        faults = [
            f"restoreFrom.snapshot: {identifier} is {each.status}; wait until it is available"
        ]
        return RestoreSource(
            name=f"snapshot {identifier}",
            version=major(each.engine_version),
            storage_gb=each.allocated_storage,
            encrypted=each.encrypted,
            key=each.kms_key_id,
            faults=() if each.status == "available" else tuple(faults),
        )

    return answer


def _source_instance(identifier: str) -> Lookup[RestoreSource]:
    found = lookup(
        f"restoreFrom.instance: {identifier} can't be found",
        rds.get_instance,
        db_instance_identifier=identifier,
    )

    def answer() -> RestoreSource:
        each = found()
        return RestoreSource(
            name=f"instance {identifier}",
            version=major(each.engine_version),
            storage_gb=each.allocated_storage,
            encrypted=each.storage_encrypted,
            key=each.kms_key_id,
            faults=tuple(_source_faults(identifier, each)),
        )

    return answer


def _source_faults(identifier: str, instance: "rds.GetInstanceResult") -> Iterator[str]:
    if instance.master_username != ADMIN:
        yield (
            f"restoreFrom.instance: the master login of {identifier} is "
            f"{instance.master_username}, must be {ADMIN}; RDS cannot rename it: dump the database "
            "and load it into a new server"
        )
    if not instance.backup_retention_period:
        yield (f"restoreFrom.instance: {identifier} keeps no backups; restore one of its snapshots")
