"""What is asked for an RDS instance, in RDS's words, and what RDS would refuse of it."""

import dataclasses
from collections.abc import Iterator

from components import postgres
from components.aws import machines
from components.aws.cluster import Found
from components.aws.running import STACK_TAG, ZONE_TAG
from components.aws.words import RestoreArgs, ServerArgs

OLDEST = 13
"""Older majors are gone from RDS."""
FORCE_SSL_BY_DEFAULT = 15


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs(postgres.PostgresArgs):
    """What every cloud is asked for, and RDS's own."""

    server: ServerArgs
    restore_from: RestoreArgs
    found: Found | None = None
    """None only where the look-ups failed, so that no server is made."""

    def problems(self) -> Iterator[str]:
        """A line for every setting of this server that can't be right."""
        yield from super().problems()
        yield from self.server.problems()
        yield from self.restore_from.problems()
        if not machines.CLASS.fullmatch(self.instance_class):
            yield (
                f'size: is "{self.size}", must be {", ".join(postgres.SIZES)}, or a class of RDS '
                "such as db.m7g.large"
            )
        grown = -(-self.storage_gb * 11 // 10)
        if self.storage_gb < self.max_storage_gb < grown:
            yield (
                f"maxStorageGb: is {self.max_storage_gb}, must be {self.storage_gb} (no growth) or "
                f"at least {grown}, 10 % more than storageGb"
            )
        yield from self._version_problems()
        yield from self._label_problems()
        if self.high_availability and self.found and not self.found.running:
            yield (
                "highAvailability: is true, yet RDS makes no instance with both a standby and a "
                "given zone; type `pulumi config set highAvailability false` and `pulumi up`, then "
                "set it to true: the instance keeps its zone"
            )

    @property
    def instance_class(self) -> str:
        """RDS's own name of the machine."""
        return machines.SIZES.get(self.size, self.size)

    @property
    def parameters(self) -> dict[str, str]:
        """What a parameter group is needed for."""
        # From 15 on it is RDS's own default.
        forced = {"rds.force_ssl": "1"} if int(self.version) < FORCE_SSL_BY_DEFAULT else {}
        return {**forced, **self.server.parameters}

    @property
    def upgrades(self) -> bool:
        """Whether the settings ask for the next major version."""
        running = self.found.running if self.found else None
        return running is not None and int(self.version) == running.version + 1

    @property
    def max_connections(self) -> int | None:
        given = self.server.parameters.get("max_connections")
        if isinstance(given, str) and given.isdigit():
            return int(given)
        return machines.max_connections(self.instance_class)

    def _version_problems(self) -> Iterator[str]:
        if not self.version.isdigit():
            return
        version, running = int(self.version), self.found.running if self.found else None
        if version < OLDEST:
            yield f"postgresVersion: is {version}, must be {OLDEST} or later on RDS"
        if running and version < running.version:
            yield (
                f"postgresVersion: is {version}, yet instance {running.identifier} has "
                f"{running.version}, and none goes back; set it to {running.version}, or make a "
                "new stack with restoreFrom and a snapshot from before the upgrade"
            )
        if running and version > running.version + 1:
            yield (
                f"postgresVersion: is {version}, yet instance {running.identifier} has "
                f"{running.version}; go one major version at a time: set it to "
                f"{running.version + 1} first"
            )

    def _label_problems(self) -> Iterator[str]:
        for name in self.labels:
            if name in (STACK_TAG, ZONE_TAG) or name.lower().startswith("aws:"):
                yield f"labels.{name}: is taken; choose another name for the tag"
            elif not 1 <= len(name) <= 128:
                yield f"labels.{name}: a tag's name has 1 to 128 characters"
        if len(self.labels) > 48:
            yield f"labels: are {len(self.labels)}, must be 48 at most, as AWS takes 50 tags"
