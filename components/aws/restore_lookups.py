"""The look-up of what a new instance is restored from."""

import dataclasses
from collections.abc import Iterator

from pulumi_aws import rds

from components.aws.policy import DATABASE
from components.aws.settings import RestoreFrom
from components.database.generations import COLOURS
from components.server.discovery import Lookup, lookup
from components.server.restore import RestoreSource
from components.server.versions import major

_ROLES = (DATABASE, *(f"{DATABASE}_{colour}" for colour in COLOURS))
"""The roles that the database's Job makes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class InstanceSource(RestoreSource):
    """A snapshot or an instance."""

    full_version: str
    """PostgreSQL's version with the minor one; a restore to another one is an upgrade."""
    master_username: str = ""
    """Empty for a snapshot, whose look-up does not tell it; the restored instance has it, too."""


def restore_source(asked: RestoreFrom) -> Lookup[InstanceSource]:
    """The snapshot or instance that the new instance is made from."""
    return _snapshot(asked.snapshot) if asked.snapshot else _source_instance(asked.instance)


def _snapshot(identifier: str) -> Lookup[InstanceSource]:
    found = lookup(
        f"restoreFrom.snapshot: {identifier} can't be found",
        rds.get_snapshot,
        db_snapshot_identifier=identifier,
        include_shared=identifier.startswith("arn:") or None,
    )

    def answer() -> InstanceSource:
        each = found()
        faults = [
            f"restoreFrom.snapshot: {identifier} is {each.status}; wait until it is available"
        ]
        return InstanceSource(
            name=f"snapshot {identifier}",
            version=major(each.engine_version),
            full_version=each.engine_version,
            storage_gb=each.allocated_storage,
            encrypted=each.encrypted,
            key=each.kms_key_id,
            faults=() if each.status == "available" else tuple(faults),
        )

    return answer


def _source_instance(identifier: str) -> Lookup[InstanceSource]:
    found = lookup(
        f"restoreFrom.instance: {identifier} can't be found",
        rds.get_instance,
        db_instance_identifier=identifier,
    )

    def answer() -> InstanceSource:
        each = found()
        return InstanceSource(
            name=f"instance {identifier}",
            version=major(each.engine_version),
            full_version=each.engine_version,
            storage_gb=each.allocated_storage,
            encrypted=each.storage_encrypted,
            key=each.kms_key_id,
            master_username=each.master_username,
            faults=tuple(_source_faults(identifier, each)),
        )

    return answer


def _source_faults(identifier: str, instance: "rds.GetInstanceResult") -> Iterator[str]:
    if instance.master_username in _ROLES:
        yield (
            f"restoreFrom.instance: the master login of {identifier} is "
            f"{instance.master_username}, the name of a role that this program makes for Coder; "
            "RDS cannot rename it: dump the database and load it into a new server"
        )
    if not instance.backup_retention_period:
        yield f"restoreFrom.instance: {identifier} keeps no backups; restore one of its snapshots"
