"""What a new server is restored from, and the settings that do not fit it.

A restored server has its source's version, storage and key, whatever else is asked for. What
differs fails after the restore, or replaces the restored server at the next update.
"""

import dataclasses
from collections.abc import Iterator

from components.server.settings import ServerSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncryptionKey:
    """A customer-managed key as a setting."""

    setting: str
    value: str
    """Empty for the cloud's own key."""
    copy_command: str
    """Copies a backup under another key."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RestoreSource:
    """A backup or a server, as the cloud describes it."""

    name: str
    """With its noun, such as `snapshot prod-1`."""
    version: int
    """PostgreSQL's major version."""
    storage_gb: int
    encrypted: bool
    key: str
    faults: tuple[str, ...] = ()
    """Lines that the cloud's package adds."""

    def problems(self, asked: ServerSettings, wanted: EncryptionKey) -> Iterator[str]:
        """One line for everything that keeps the asked server from being restored from it."""
        yield from self.faults
        if asked.major != self.version:
            yield (
                f"postgresVersion: is {asked.major}, but {self.name} has {self.version}, and so "
                "does the server restored from it; type `pulumi config set postgresVersion "
                f"{self.version}`, and upgrade afterwards"
            )
        if asked.storage_gb < self.storage_gb:
            yield (
                f"storageGb: is {asked.storage_gb}, but {self.name} has {self.storage_gb}, and "
                f"storage never shrinks; type `pulumi config set storageGb {self.storage_gb}`"
            )
        if not self.encrypted:
            yield (
                f"restoreFrom: {self.name} is not encrypted, and neither would be the server "
                f"restored from it; restore an encrypted copy: `{wanted.copy_command}`"
            )
        elif wanted.value and wanted.value != self.key:
            yield (
                f"{wanted.setting}: is {wanted.value}, but {self.name} is encrypted with "
                f"{self.key}; set it to that, or restore a copy under your key: "
                f"`{wanted.copy_command}`"
            )
