"""What one cloud allows of a managed PostgreSQL server, and what a change does there."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping

from components.guards import ChangeRule
from components.server.changes import SettingEffect
from components.server.settings import SIZES, ServerSettings


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelPolicy:
    """The labels (AWS, Azure: tags) that a cloud accepts."""

    name: re.Pattern[str]
    value: re.Pattern[str]
    rule: str
    """Both patterns in words."""
    reserved: re.Pattern[str]
    """Names that the cloud keeps for itself."""
    most: int
    """How many a person may give; the program adds `stack` and `zone`."""
    stack: str
    """The label that names the stack which owns a server."""
    zone: str
    """The label that keeps the zone chosen for a server; a failover does not change it."""
    spelled: Callable[[str], str] = str
    """The stack as the value of its label; two stacks never have the same."""

    def problems(self, labels: Mapping[str, object]) -> Iterator[str]:
        """One line for every label that the cloud would refuse."""
        for name, value in labels.items():
            if name in (self.stack, self.zone) or self.reserved.match(name):
                yield f"labels.{name}: this name is reserved; choose another one"
            elif not self.name.fullmatch(name) or (
                isinstance(value, str) and not self.value.fullmatch(value)
            ):
                yield f"labels.{name}: must have {self.rule}"
        if len(labels) > self.most:
            yield f"labels: there are {len(labels)}, must be at most {self.most}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoragePolicy:
    """The storage sizes that a cloud accepts, in GB."""

    minimum: int
    maximum: int
    growth_percent: int = 0
    """The cloud refuses to grow storage by less."""

    def minimum_next_size(self, storage_gb: float) -> float:
        """The smallest size that this storage can grow to, in whole GB."""
        return max(storage_gb + 1, -(-storage_gb * (100 + self.growth_percent) // 100))

    def problems(self, storage_gb: int, max_storage_gb: int) -> Iterator[str]:
        """One line for every size that the cloud would refuse."""
        if not self.minimum <= storage_gb <= self.maximum:
            yield f"storageGb: is {storage_gb}, must be {self.minimum} to {self.maximum}"
        if not storage_gb <= max_storage_gb <= self.maximum:
            yield (
                f"maxStorageGb: is {max_storage_gb}, must be from storageGb ({storage_gb}) to "
                f"{self.maximum}"
            )
        elif storage_gb < max_storage_gb < self.minimum_next_size(storage_gb):
            yield (
                f"maxStorageGb: is {max_storage_gb}, must be {storage_gb} (no growth) or at least "
                f"{self.minimum_next_size(storage_gb):g}, {self.growth_percent} % more than "
                "storageGb"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerPolicy:
    """The limits of one cloud's managed PostgreSQL, and the effects of changes there."""

    product: str
    """The name of the service in messages."""
    noun: str
    """What the service calls a server."""
    versions: range
    """Major versions that can be made."""
    major_step: int | None
    """How many major versions one upgrade may go up; None for any number."""
    storage: StoragePolicy
    backup_days: range
    labels: LabelPolicy
    sizes: Mapping[str, str]
    """The cloud's machine for each of SIZES."""
    machine: re.Pattern[str]
    """The cloud's names of machines."""
    machine_example: str
    effects: tuple[SettingEffect, ...]
    """What a change of each setting does; the contract tests hold it to be complete."""
    rules: tuple[ChangeRule, ...]
    """Updates in place that are refused."""
    deletion_guards: tuple[str, ...]
    """What makes the cloud itself refuse a deletion: inputs of the server, or a resource's type."""
    final_backup: str
    """What a deletion leaves behind, in the cloud's words."""

    def problems(self, asked: ServerSettings) -> Iterator[str]:
        """One line for every setting that this cloud would refuse."""
        if asked.version.isdecimal() and int(asked.version) not in self.versions:
            yield (
                f"postgresVersion: is {asked.version}, must be {self.versions[0]} to "
                f"{self.versions[-1]} on {self.product}"
            )
        if not self.machine.fullmatch(self.machine_of(asked.size)):
            yield (
                f'size: is "{asked.size}", must be {", ".join(SIZES)}, or a machine of '
                f"{self.product} such as {self.machine_example}"
            )
        yield from self.storage.problems(asked.storage_gb, asked.max_storage_gb)
        if asked.backup_days not in self.backup_days:
            yield (
                f"backupDays: is {asked.backup_days}, must be {self.backup_days[0]} to "
                f"{self.backup_days[-1]}; 0 would switch backups off, which this program never does"
            )
        yield from self.labels.problems(asked.labels)

    def machine_of(self, size: str) -> str:
        """The cloud's own name of the machine."""
        return self.sizes.get(size, size)
