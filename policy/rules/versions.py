"""Servers have a major version of PostgreSQL that gets security fixes."""

import datetime
import re
from collections.abc import Iterator

from .policies import Properties
from .servers import ServerCheck, inherits, said, server_policy
from .values import at

SOURCE = "https://www.postgresql.org/support/versioning/"
"""Read on 2026-11-30."""
END_OF_LIFE = {
    13: datetime.date(2025, 11, 13),
    14: datetime.date(2026, 11, 12),
    15: datetime.date(2027, 11, 11),
    16: datetime.date(2028, 11, 9),
    17: datetime.date(2029, 11, 8),
    18: datetime.date(2030, 11, 14),
}
"""The day of each major version's last release. A later version is newer than this table, an
earlier one has ended before."""
PROPERTIES = {"aws": "engineVersion", "azure": "version", "gcp": "databaseVersion"}


def check(cloud: str) -> ServerCheck:
    """A check of the version of a cloud's server."""

    def of_server(inputs: Properties, config: Properties) -> Iterator[str]:
        path = PROPERTIES[cloud]
        version = at(inputs, path, "")
        if version or not inherits(inputs):
            yield from problems(path, version, datetime.datetime.now(datetime.UTC).date())

    return of_server


def problems(path: str, version: str, today: datetime.date) -> Iterator[str]:
    """A line if that version, such as 17, 17.6 or POSTGRES_17, is not supported on that day."""
    found = re.fullmatch(r"(?:POSTGRES_)?(\d+)[\d._]*", version)
    newest = max(END_OF_LIFE)
    cure = f"set it to a version up to {newest} (setting postgresVersion)"
    if not found:
        yield f"{path}: {said(version or None)}, so the cloud chooses the version; {cure}"
        return
    major = int(found[1])
    ended = END_OF_LIFE.get(major)
    if major < min(END_OF_LIFE):
        yield f"{path}: is {version}, without security fixes ({SOURCE}); {cure}"
    elif ended and ended < today:
        yield f"{path}: is {version}, without security fixes since {ended} ({SOURCE}); {cure}"


POLICY = server_policy(
    "supported-version",
    "A database has a version of PostgreSQL that gets security fixes.",
    {cloud: check(cloud) for cloud in PROPERTIES},
)
