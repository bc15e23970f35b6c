"""Look-ups of what a new instance is cloned from, or whose backup is restored into it."""

from collections.abc import Iterator
from typing import Any

from pulumi_gcp import sql

from components.gcp.lookups import LiveInstance, parse_instance
from components.gcp.server_settings import INTERNAL_CA
from components.gcp.settings import RestoreFrom, Settings
from components.server.discovery import DiscoveryFailed, Lookup, lookup
from components.server.restore import RestoreSource


def restore_source(own: Settings, project: str, region: str, network: str) -> Lookup[RestoreSource]:
    """The source, and what keeps an instance of that region and network from being made of it."""
    asked = own.restore_from
    name, backup = asked.instance, asked.backup_run_id
    question = f"restoreFrom.instance: {name} can't be found"
    found = lookup(question, sql.get_database_instance, name=name, project=project)

    def answer() -> RestoreSource:
        instance = found()
        # Some versions answer with nulls, not an error.
        if not instance.settings:
            raise DiscoveryFailed([f"{question}: not found"])
        source = parse_instance(instance, project)
        if not source.version:
            raise DiscoveryFailed([f"restoreFrom.instance: {name} is no PostgreSQL instance"])
        if backup:
            faults = _backup_faults(asked, project)
        else:
            faults = _clone_faults(own, instance, source, region, network)
        return RestoreSource(
            name=f"backup {backup} of instance {name}" if backup else f"instance {name}",
            version=source.version,
            storage_gb=source.storage_gb,
            encrypted=True,
            key=instance.encryption_key_name or "",
            faults=tuple(faults),
        )

    return answer


def _backup_faults(asked: RestoreFrom, project: str) -> Iterator[str]:
    backup = asked.backup_run_id
    found = lookup(
        f"restoreFrom.backupRunId: {backup} of {asked.instance} can't be found",
        sql.get_backup_run,
        backup_id=backup,
        instance=asked.instance,
        project=project,
    )
    status = found().status
    if status != "SUCCESSFUL":
        yield (
            f"restoreFrom.backupRunId: {backup} is {status or 'not found'}, must be SUCCESSFUL; "
            f"list them: `gcloud sql backups list --instance={asked.instance} --project={project}`"
        )


def _clone_faults(
    own: Settings, instance: Any, source: LiveInstance, region: str, network: str
) -> Iterator[str]:
    """A clone has the region, the connectivity and the CA of its source.

    cloud.google.com/sql/docs/postgres/clone-instance; the region and the CA mode can't be changed.
    """
    name = source.identifier
    backup = "restore one of its backups (restoreFrom.backupRunId)"
    if instance.region != region:
        yield (
            f"restoreFrom.instance: {name} is in {instance.region}, and so is a clone of it, but "
            f"the cluster is in {region}; {backup}"
        )
    if source.network != network:
        yield (
            f"restoreFrom.instance: {name} is in {source.network or 'no network'}, and so is a "
            f"clone of it, but the cluster is in {network}; {backup}"
        )
    configurations = instance.settings[0].ip_configurations or []
    mode = next((each.server_ca_mode for each in configurations), "") or INTERNAL_CA
    if mode != own.server.ca_mode:
        yield (
            f"server.caMode: is {own.server.ca_mode}, but instance {name} has {mode}, and so has a "
            f"clone of it; type `pulumi config set --path server.caMode {mode}`"
        )
    backups = instance.settings[0].backup_configurations or []
    if own.restore_from.time and not any(each.point_in_time_recovery_enabled for each in backups):
        yield (
            f"restoreFrom.time: instance {name} has no point-in-time recovery; remove the time, or "
            f"{backup}"
        )
