"""What is asked for an RDS instance, in RDS's words, and what RDS would refuse of it."""

import dataclasses
import re
from collections.abc import Iterator

from components import connection
from components.aws import machines, restore
from components.aws.certificates import authorities
from components.aws.cluster import Found
from components.aws.running import STACK_TAG, ZONE_TAG
from components.aws.settings import RestoreArgs, ServerArgs

OLDEST, NEWEST = 14, 18
"""What RDS makes without paid extended support."""
FORCE_SSL_BY_DEFAULT = 15
TAG = re.compile(r"[\w .:/=+@-]*")
"""What AWS takes in the name and value of a tag."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs(connection.PostgresArgs):
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
                f'size: is "{self.size}", must be {", ".join(connection.SIZES)}, or a class of RDS '
                "such as db.m7g.large"
            )
        least = grown(self.storage_gb)
        if self.storage_gb < self.max_storage_gb < least:
            yield (
                f"maxStorageGb: is {self.max_storage_gb}, must be {self.storage_gb} (no growth) or "
                f"at least {least}, 10 % more than storageGb"
            )
        yield from self._version_problems()
        yield from self._label_problems()
        if self.found and not self.authorities:
            yield (
                f"caCertificate: missing, as none of the CAs that ship with this program signs in "
                f"{self.found.region}; give the path of Amazon's bundle for that region"
            )
        if self.found and not self.found.running and self.version.isdecimal():
            yield from restore.problems(
                self.restore_from,
                version=int(self.version),
                storage_gb=self.storage_gb,
                kms_key_id=self.server.kms_key_id,
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
        return {**forced, **self.server.texts}

    @property
    def authorities(self) -> str:
        """The CAs that may have signed the server's certificate, as PEM."""
        return self.ca_certificate or (authorities(self.found.region) if self.found else "")

    @property
    def upgrades(self) -> bool:
        """Whether the settings ask for the next major version."""
        running = self.found.running if self.found else None
        return running is not None and int(self.version) == running.version + 1

    @property
    def traits(self) -> connection.ConnectionTraits:
        given = self.server.texts.get("max_connections", "")
        return dataclasses.replace(
            super().traits,
            has_ca=bool(self.authorities),
            max_connections=int(given)
            if given.isdecimal()
            else machines.max_connections(self.instance_class),
        )

    def _version_problems(self) -> Iterator[str]:
        if not self.version.isdecimal():
            return
        version, running = int(self.version), self.found.running if self.found else None
        if not OLDEST <= version <= NEWEST:
            yield f"postgresVersion: is {version}, must be {OLDEST} to {NEWEST} on RDS"
            return
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
        if running and self.upgrades and running.has_own_parameters and not self.apply_immediately:
            yield (
                f"postgresVersion: is {version}, and instance {running.identifier} has a parameter "
                f"group of {running.version}, which goes only after the upgrade; type `pulumi "
                "config set applyImmediately true`, so that the upgrade doesn't wait"
            )

    def _label_problems(self) -> Iterator[str]:
        for name, value in self.labels.items():
            if name in (STACK_TAG, ZONE_TAG) or name.lower().startswith("aws:"):
                yield f"labels.{name}: is taken; choose another name for the tag"
            elif not 1 <= len(name) <= 128 or not TAG.fullmatch(name):
                yield f"labels.{name}: must have 1 to 128 letters, digits, spaces or _.:/=+-@"
            elif isinstance(value, str) and (len(value) > 256 or not TAG.fullmatch(value)):
                yield f"labels.{name}: must be up to 256 letters, digits, spaces or _.:/=+-@"
        if len(self.labels) > 48:
            yield f"labels: are {len(self.labels)}, must be 48 at most, as AWS takes 50 tags"


def grown(storage_gb: float) -> float:
    """The least that storage grows to: 10 % more, in whole GB."""
    return -(-storage_gb * 11 // 10)
