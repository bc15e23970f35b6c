"""What every cloud is asked for: the settings of a managed PostgreSQL server."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from components.database.spec import DatabaseSpec
from components.setting_model import string_cure

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
                cure = string_cure(_path(name), value)
                yield f"labels.{name}: is {value!r}, must be a string{cure}"

    @property
    def major(self) -> int:
        """The major version as a number; only for a version without a problem."""
        return int(self.version)


def _path(label: str) -> str:
    plain = re.fullmatch(r"[\w-]+", label)
    return f"labels.{label}" if plain else f'labels["{label}"]'
