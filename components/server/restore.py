"""What a new server is restored from, and the settings that do not fit it.

A restored server has its source's version, storage and key, whatever else is asked for. What
differs fails after the restore, or replaces the restored server at the next update.
"""

import dataclasses
import re
from collections.abc import Iterator

from components.server.settings import ServerSettings
from components.setting_model import SettingModel

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
"""A point in time, in UTC."""


class RestoreSetting(SettingModel):
    """The setting `restoreFrom`, in any cloud's words."""

    def problems(self) -> Iterator[str]:
        """One line for every value that the cloud would refuse."""
        raise NotImplementedError

    @property
    def is_given(self) -> bool:
        """Whether a new server is made from a backup; not if the backup is wrong."""
        return self != type(self)() and not any(self.problems())


def time_problems(time: str, source: str, setting: str = "restoreFrom.instance") -> Iterator[str]:
    """One line for each reason that the point in time of the `source` can't be restored."""
    if time and not source:
        yield f"{setting}: missing; restoreFrom.time needs it"
    if time and not TIME.fullmatch(time):
        yield f'restoreFrom.time: is "{time}", must look like 2026-01-31T03:00:00Z (UTC)'


@dataclasses.dataclass(frozen=True, kw_only=True)
class EncryptionKey:
    """A customer-managed key as a setting."""

    setting: str
    value: str
    """Empty for the cloud's own key."""
    copy_command: str = ""
    """Copies a backup under another key; empty where the cloud can't."""

    def misfit(self, source: str, key: str) -> str:
        """The line for a source that is encrypted with another key."""
        cure = "set it to that" if key else "remove it"
        copy = f", or restore a copy under your key: `{self.copy_command}`"
        return (
            f"{self.setting}: is {self.value}, but {source} is encrypted with "
            f"{key or 'a key of the cloud'}; {cure}{copy if self.copy_command else ''}"
        )


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
            yield wanted.misfit(self.name, self.key)
