"""Backup and maintenance windows, in UTC: `03:00-04:00` and `sun:04:30-sun:05:30`.

Some clouds take only their beginning: `03:00`, `sun:04:30`, and a whole hour as `sun:04`.
"""

import re
from collections.abc import Iterator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_DAY = f"({'|'.join(DAYS)})"
DAILY = re.compile(f"{_TIME}-{_TIME}")
WEEKLY = re.compile(f"{_DAY}:{_TIME}-{_DAY}:{_TIME}", re.IGNORECASE)
START = re.compile(_TIME)
BEGIN = re.compile(f"{_DAY}:{_TIME}", re.IGNORECASE)
HOUR = re.compile(rf"{_DAY}:([01]\d|2[0-3])", re.IGNORECASE)
DAY = 24 * 60
WEEK = 7 * DAY


def problems(backup: str, maintenance: str) -> Iterator[str]:
    """One line for each window that is malformed or too short, and for an overlap of the two."""
    daily, weekly = DAILY.fullmatch(backup), WEEKLY.fullmatch(maintenance)
    if not daily:
        yield f'server.backupWindow: is "{backup}", must look like 03:00-04:00, in UTC'
    if not weekly:
        yield (
            f'server.maintenanceWindow: is "{maintenance}", must look like sun:04:30-sun:05:30, '
            "in UTC"
        )
    if not daily or not weekly:
        return
    begin, length = _daily(*map(int, daily.groups()))
    backups = {(day * DAY + begin + i) % WEEK for day in range(7) for i in range(length)}
    begin, weekly_length = _weekly(*weekly.groups())
    maintained = {(begin + i) % WEEK for i in range(weekly_length)}
    for key, minutes in (("backupWindow", length), ("maintenanceWindow", weekly_length)):
        if minutes < 30:
            yield f"server.{key}: is {minutes} minutes long, must be 30 or more"
    if backups & maintained:
        yield (
            f"server.maintenanceWindow: {maintenance} overlaps the backup window {backup}, which "
            "is not allowed; move one of them"
        )


def start_problems(key: str, start: str) -> Iterator[str]:
    """One line if the setting `key` is not the time at which a daily window begins."""
    return _form_problems(key, start, START, "03:00")


def begin_problems(key: str, begin: str) -> Iterator[str]:
    """One line if the setting `key` is not the day and time at which a weekly window begins."""
    return _form_problems(key, begin, BEGIN, "sun:04:30")


def hour_problems(key: str, hour: str) -> Iterator[str]:
    """One line if the setting `key` is not the hour at which a weekly window begins."""
    return _form_problems(key, hour, HOUR, "sun:04")


def _form_problems(key: str, value: str, form: re.Pattern[str], example: str) -> Iterator[str]:
    if not form.fullmatch(value):
        yield f'{key}: is "{value}", must look like {example}, in UTC'


def day_and_hour(text: str) -> tuple[int, int]:
    """The day (Monday is 1) and the hour of `sun:04`."""
    day, _, hour = text.partition(":")
    return DAYS.index(day.lower()) + 1, int(hour)


def _daily(hour: int, minute: int, end_hour: int, end_minute: int) -> tuple[int, int]:
    begin = hour * 60 + minute
    return begin, (end_hour * 60 + end_minute - begin) % DAY


def _weekly(
    day: str, hour: str, minute: str, end_day: str, end_hour: str, end_minute: str
) -> tuple[int, int]:
    begin, end = (
        DAYS.index(name.lower()) * DAY + int(hours) * 60 + int(minutes)
        for name, hours, minutes in ((day, hour, minute), (end_day, end_hour, end_minute))
    )
    return begin, (end - begin) % WEEK
