"""What every cloud is asked for: the settings of a managed PostgreSQL server."""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.database.spec import DatabaseSpec

SIZES = ("small", "medium", "large")
"""Sizes that every cloud translates to a machine of its own."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """The settings of a server that mean the same in every cloud."""

    spec: DatabaseSpec
    zone: str
    """The cloud's name of a zone; empty to find the zone of the cluster's nodes."""
    size: str
    version: str
    """PostgreSQL's major version."""
    storage_gb: int
    max_storage_gb: int
    high_availability: bool
    backup_days: int
    apply_immediately: bool
    labels: Mapping[str, Any]
    ca_certificate: str | None
    """PEM; None means the cloud's own CA, or the system's roots."""

    def problems(self) -> Iterator[str]:
        """One line for every value that no cloud accepts."""
        if not re.fullmatch(r"[1-9][0-9]?", self.version):
            yield f'postgresVersion: is "{self.version}", must be a major version such as "17"'
        for name, value in self.labels.items():
            if not isinstance(value, str):
                yield f"labels.{name}: is {value!r}, must be a string{_as_string(name, value)}"

    @property
    def major(self) -> int:
        """The major version as a number; only for a version without a problem."""
        return int(self.version)


def _as_string(name: str, value: Any) -> str:
    """What to type, because the CLI makes numbers and booleans of what looks like one."""
    if isinstance(value, dict | list) or value is None:
        return ""
    path = f"labels.{name}" if re.fullmatch(r"[\w-]+", name) else f'labels["{name}"]'
    return f"; type `pulumi config set --path '{path}' --type string {json.dumps(value)}`"
