"""Backup retention, and the backup and maintenance windows."""

from collections.abc import Iterator

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def refuse(inputs: Data) -> None:
    """Refuse a retention out of range, and windows that are too short or overlap."""
    days = inputs.get("backupRetentionPeriod") or 0
    if not 0 <= days <= 35:
        raise ApiError(
            "InvalidParameterValue", f"Invalid backup retention period: {days}. Must be 0 to 35."
        )
    backup, maintenance = inputs.get("backupWindow"), inputs.get("maintenanceWindow")
    if not backup or not maintenance:
        return
    daily = set(_minutes(backup, backup))
    if any(minute % 1440 in daily for minute in _minutes(maintenance, maintenance.lower())):
        raise invalid("The backup window and maintenance window must not overlap.")


def _minutes(given: str, window: str) -> Iterator[int]:
    begin, end = (_minute(part) for part in window.split("-"))
    around = 1440 if window[0].isdigit() else 7 * 1440
    length = (end - begin) % around
    if length < 30:
        raise ApiError("InvalidParameterValue", f"The window {given} must be at least 30 minutes.")
    for minute in range(begin, begin + length):
        yield minute % around


def _minute(text: str) -> int:
    *day, hour, minute = text.split(":")
    return (_DAYS.index(day[0]) * 1440 if day else 0) + int(hour) * 60 + int(minute)
