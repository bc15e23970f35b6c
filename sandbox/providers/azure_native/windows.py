"""Backup retention and maintenance windows."""

from sandbox.providers.azure_native.errors import ApiError, invalid
from sandbox.providers.cloud.account import Data

SYSTEM_MANAGED: Data = {
    "customWindow": "Disabled",
    "dayOfWeek": 0,
    "startHour": 0,
    "startMinute": 0,
}
_LAST = {"dayOfWeek": 6, "startHour": 23, "startMinute": 59}


def refuse_window(window: Data) -> None:
    """Refuse a day or a time that does not exist."""
    if window.get("customWindow") not in ("Enabled", "Disabled"):
        raise invalid("maintenanceWindow.customWindow")
    for key, last in _LAST.items():
        if not 0 <= window.get(key, 0) <= last:
            raise invalid(f"maintenanceWindow.{key}", f"It is from 0 to {last}.")


def refuse_backup(wanted: Data, old: Data | None) -> None:
    """Refuse a retention out of range, and to change the geo-redundancy."""
    if not 7 <= wanted["backupRetentionDays"] <= 35:
        raise invalid("backup.backupRetentionDays", "It is from 7 to 35.")
    redundancy = wanted["geoRedundantBackup"]
    if redundancy not in ("Enabled", "Disabled"):
        raise invalid("backup.geoRedundantBackup")
    if old and redundancy != old["geoRedundantBackup"]:
        raise ApiError(
            "GeoRedundantBackupUpdateNotSupported",
            "Geo-redundant backup can only be configured during server creation.",
        )
