"""What a server is restored from, and why it would not become the one that is asked for.

RDS takes version, storage, key and logins from the source, whatever else is asked for; what differs
would fail after the restore, or replace the restored server at the next update.
"""

import dataclasses
from collections.abc import Iterator

from pulumi_aws import rds

from components.aws import lookup
from components.aws.settings import ADMIN, RestoreArgs


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """A snapshot or an instance, as RDS describes it."""

    name: str
    version: int
    storage_gb: int
    encrypted: bool
    kms_key_id: str

    def problems(self, version: int, storage_gb: int, kms_key_id: str) -> Iterator[str]:
        """A line for everything asked for that the source rules out."""
        if version != self.version:
            yield (
                f"postgresVersion: is {version}, yet {self.name} has {self.version}, and so will "
                f"what is restored from it; type `pulumi config set postgresVersion "
                f"{self.version}`, and upgrade afterwards"
            )
        if storage_gb < self.storage_gb:
            yield (
                f"storageGb: is {storage_gb}, yet {self.name} has {self.storage_gb}, and storage "
                f"never shrinks; type `pulumi config set storageGb {self.storage_gb}`"
            )
        if not self.encrypted:
            yield (
                f"restoreFrom: {self.name} is not encrypted, and so would be what is restored from "
                "it; restore an encrypted copy of its snapshot: `aws rds copy-db-snapshot "
                "--kms-key-id …`"
            )
        elif kms_key_id and kms_key_id != self.kms_key_id:
            yield (
                f"server.kmsKeyId: is {kms_key_id}, yet {self.name} is encrypted with "
                f"{self.kms_key_id}; set it to that, or restore a copy of its snapshot under your "
                "key: `aws rds copy-db-snapshot --kms-key-id …`"
            )


def problems(
    asked: RestoreArgs, *, version: int, storage_gb: int, kms_key_id: str
) -> Iterator[str]:
    """A line for everything that keeps a new server from being made of what is asked for."""
    if any(asked.problems()) or asked == RestoreArgs():
        return
    try:
        source, lines = _snapshot(asked.snapshot) if asked.snapshot else _instance(asked.instance)
    except lookup.LookupFailed as failed:
        yield str(failed)
        return
    yield from lines
    yield from source.problems(version, storage_gb, kms_key_id)


def _snapshot(identifier: str) -> tuple[Source, list[str]]:
    found = lookup.ask(
        f"restoreFrom.snapshot: {identifier} can't be found",
        rds.get_snapshot,
        db_snapshot_identifier=identifier,
        include_shared=identifier.startswith("arn:") or None,
    )
    source = Source(
        name=f"snapshot {identifier}",
        version=lookup.major(found.engine_version),
        storage_gb=found.allocated_storage,
        encrypted=found.encrypted,
        kms_key_id=found.kms_key_id,
    )
    if found.status == "available":
        return source, []
    return source, [
        f"restoreFrom.snapshot: {identifier} is {found.status}; wait until it is available"
    ]


def _instance(identifier: str) -> tuple[Source, list[str]]:
    found = lookup.ask(
        f"restoreFrom.instance: {identifier} can't be found",
        rds.get_instance,
        db_instance_identifier=identifier,
    )
    source = Source(
        name=f"instance {identifier}",
        version=lookup.major(found.engine_version),
        storage_gb=found.allocated_storage,
        encrypted=found.storage_encrypted,
        kms_key_id=found.kms_key_id,
    )
    lines: list[str] = []
    if found.master_username != ADMIN:
        lines.append(
            f"restoreFrom.instance: the master login of {identifier} is {found.master_username}, "
            f"must be {ADMIN}; RDS renames none: dump its database and load it into a new server"
        )
    if not found.backup_retention_period:
        lines.append(
            f"restoreFrom.instance: {identifier} keeps no backups; restore one of its snapshots"
        )
    return source, lines
