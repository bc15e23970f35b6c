"""The versions of PostgreSQL and the instance classes that RDS offers."""

import dataclasses
from collections.abc import Iterator, Sequence

from pulumi_aws import rds

from components.aws.lookups import LiveInstance
from components.aws.policy import POLICY
from components.server.discovery import DiscoveryFailed, Lookup, lookup
from components.server.settings import ServerSettings
from components.server.versions import major

ENGINE = "postgres"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offer:
    """Where RDS offers an instance class with a version."""

    instance_class: str
    version: str
    zones: tuple[str, ...]

    def problems(self, zone: str) -> Iterator[str]:
        """One line if RDS would refuse this class in the zone."""
        wanted = f"{self.instance_class} with PostgreSQL {self.version} and gp3 storage"
        cure = (
            "; choose another size, of those that `aws rds describe-orderable-db-instance-options "
            f"--engine {ENGINE} --engine-version {self.version}` prints"
        )
        if not self.zones:
            yield f"size: RDS does not offer {wanted} in this region{cure}"
        elif zone and zone not in self.zones:
            yield (
                f"size: RDS offers {wanted} in {', '.join(sorted(self.zones))}, and not in {zone}, "
                f"the zone of the server{cure}"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offers:
    """What RDS offers of what the settings ask for."""

    targets: Sequence[str] | None = None
    """The versions to which the live instance can be upgraded, if an upgrade is asked for."""
    offer: Offer | None = None
    """Of the asked class, unless the live instance has it already."""


def offers(server: ServerSettings, live: LiveInstance | None) -> Lookup[Offers]:
    """What RDS offers for a new instance, or for the changes of a live one, in two steps."""
    instance_class = POLICY.machine_of(server.size)
    upgrades = live is not None and server.major == live.version + 1

    def answer() -> Offers:
        targets = upgrade_targets(live.full_version)() if live and upgrades else None
        if targets is not None:
            version = newest(targets, server.major)
        # Not the version of a snapshot or an instance: it may be one that RDS keeps, but makes no
        # new instances of.
        elif live is None or live.instance_class != instance_class:
            version = default_version(server.major)()
        else:
            version = ""
        return Offers(targets=targets, offer=offer(instance_class, version)() if version else None)

    return answer


def default_version(wanted: int) -> Lookup[str]:
    """The version that RDS makes where the request has only the major version."""
    found = lookup(
        f"postgresVersion: RDS can't be asked for its versions of {wanted}",
        rds.get_engine_version,
        engine=ENGINE,
        version=str(wanted),
        default_only=True,
    )
    return lambda: found().version_actual


def upgrade_targets(version: str) -> Lookup[list[str]]:
    """The versions to which RDS upgrades an instance of this full version, newest last."""
    found = lookup(
        f"postgresVersion: RDS can't be asked for the upgrades of {version}",
        rds.get_engine_version,
        engine=ENGINE,
        version=version,
        # An instance may run a version of which RDS makes no new instances.
        include_all=True,
        # A version is the prefix of others: 16.1 of 16.10.
        preferred_versions=[version],
    )
    return lambda: sorted(found().valid_upgrade_targets, key=_numbers)


def newest(targets: Sequence[str], wanted: int) -> str:
    """The newest target of the major version, or an empty string."""
    return next((each for each in reversed(targets) if major(each) == wanted), "")


def no_target(live: LiveInstance, wanted: int, targets: Sequence[str]) -> str:
    """The line for a version to which RDS does not upgrade the live one."""
    minor = newest(targets, live.version)
    cure = (
        f"upgrade it to {minor} first: `aws rds modify-db-instance --db-instance-identifier "
        f"{live.identifier} --engine-version {minor} --apply-immediately`"
        if minor
        else "wait until it does"
    )
    return (
        f"postgresVersion: is {wanted}, and RDS offers no upgrade to it from {live.full_version}, "
        f"the version of instance {live.identifier}; {cure}"
    )


def offer(instance_class: str, version: str) -> Lookup[Offer]:
    """Where RDS offers the class with the version."""
    found = lookup(
        f"size: RDS can't be asked where it offers {instance_class}",
        rds.get_orderable_db_instance,
        engine=ENGINE,
        license_model="postgresql-license",
        storage_type="gp3",
        vpc=True,
        # Several options may differ in what does not matter here; the first preferred one is taken.
        preferred_instance_classes=[instance_class],
        preferred_engine_versions=[version],
        instance_class=instance_class,
        engine_version=version,
    )

    def answer() -> Offer:
        try:
            zones = tuple(found().availability_zones)
        except DiscoveryFailed as failed:
            # The provider's words, in any of its versions, for no option at all.
            if not any(": no RDS " in line for line in failed.lines):
                raise
            zones = ()
        return Offer(instance_class=instance_class, version=version, zones=zones)

    return answer


def _numbers(version: str) -> list[int]:
    return [int(each) for each in version.split(".") if each.isdecimal()]
