"""Servers are backed up, and a deleted one leaves a backup."""

from collections.abc import Iterator

from .policies import Properties
from .servers import expected, is_replica, said, server_policy
from .values import at

MINIMUM_DAYS = 7


def aws(inputs: Properties, config: Properties) -> Iterator[str]:
    """RDS: no backups by default, and they are deleted with the instance."""
    if is_replica(inputs):
        return
    yield from _days(inputs, "backupRetentionPeriod", config, default=0)
    yield from expected(inputs, "skipFinalSnapshot", False, default=False)
    yield from expected(inputs, "deleteAutomatedBackups", False, default=True)


def azure(inputs: Properties, config: Properties) -> Iterator[str]:
    """Azure: seven days by default; nothing is left of a deleted server."""
    if not is_replica(inputs):
        yield from _days(inputs, "backup.backupRetentionDays", config, default=7)


def gcp(inputs: Properties, config: Properties) -> Iterator[str]:
    """Cloud SQL: no backups by default, seven once they are on; none after a deletion."""
    if is_replica(inputs):
        return
    own = "settings.backupConfiguration"
    yield from expected(inputs, f"{own}.enabled", True, default=False)
    yield from expected(inputs, f"{own}.pointInTimeRecoveryEnabled", True, default=False)
    yield from _days(inputs, f"{own}.backupRetentionSettings.retainedBackups", config, default=7)
    if not at(inputs, "settings.retainBackupsOnDelete"):
        yield from expected(inputs, "settings.finalBackupConfig.enabled", True, default=False)


def _days(inputs: Properties, path: str, config: Properties, default: int) -> Iterator[str]:
    # One backup is made each day, so a number of backups is a number of days.
    found, least = at(inputs, path), int(at(config, "minimumDays", MINIMUM_DAYS))
    if (default if found is None else found) < least:
        shown = said(found if found is None else int(found))
        yield f"{path}: {shown}; set it to {least} or more (setting backupDays)"


POLICY = server_policy(
    "backups",
    "A database is backed up, and leaves a backup when it is deleted.",
    {"aws": aws, "azure": azure, "gcp": gcp},
    {
        "minimumDays": {
            "type": "integer",
            "minimum": 1,
            "default": MINIMUM_DAYS,
            "description": "The fewest days that backups are kept",
        }
    },
)
