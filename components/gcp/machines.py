"""Cloud SQL's machines, called tiers: of each size and edition, their memory and connections."""

import re
from collections.abc import Iterator, Sequence

ENTERPRISE, ENTERPRISE_PLUS = EDITIONS = ("ENTERPRISE", "ENTERPRISE_PLUS")
SIZES = {"small": "db-custom-2-8192", "medium": "db-custom-4-16384", "large": "db-custom-8-32768"}
"""Coder's own recommendation for under 1,000, under 2,000 and from 2,000 users."""
PLUS_SIZES = {
    "small": "db-perf-optimized-N-2",
    "medium": "db-perf-optimized-N-4",
    "large": "db-perf-optimized-N-8",
}
"""The smallest tiers of ENTERPRISE_PLUS with the processors of SIZES."""
TIER = re.compile(r"db-(f1-micro|g1-small|custom-(\d+)-(\d+)|perf-optimized-N-(\d+))")
"""The tiers whose storage is SSD. C4A and N4 take only Hyperdisk
(docs.cloud.google.com/sql/docs/postgres/machine-series-overview)."""

_SHARED_MIB = {"f1-micro": 614, "g1-small": 1740}
_MIB_PER_PLUS_CPU = 8192
_MIB_STEP = 256
_LEAST_MIB = 3840
_MIB_PER_CPU = (0.9 * 1024, 6.5 * 1024)
_MOST_CPUS = 96
_CONNECTIONS = (
    (120, 1000),
    (60, 800),
    (30, 600),
    (15, 500),
    (7.5, 400),
    (6, 200),
    (3.75, 100),
    (1.6, 50),
    (0, 25),
)
"""Cloud SQL's default of max_connections from so many GB of memory on
(cloud.google.com/sql/docs/postgres/flags, "max_connections")."""


def edition_of(tier: str) -> str:
    """The one edition that offers the tier.

    Google's words: "Only custom or shared-core instance Billing Tier type allowed" for PostgreSQL
    on ENTERPRISE, "Use a predefined Tier like db-perf-optimized-N-*" on ENTERPRISE_PLUS.
    """
    return ENTERPRISE_PLUS if tier.startswith("db-perf-optimized-") else ENTERPRISE


def tier_of(size: str, edition: str) -> str:
    """The tier of a size in that edition; empty for the edition that offers the size."""
    sizes = PLUS_SIZES if edition == ENTERPRISE_PLUS else SIZES
    return sizes.get(size, size)


def memory_mib(tier: str) -> int | None:
    """The tier's memory, or None for an unknown tier."""
    found = TIER.fullmatch(tier)
    if not found:
        return None
    name, _, memory, plus = found.groups()
    if plus:
        return int(plus) * _MIB_PER_PLUS_CPU
    return int(memory) if memory else _SHARED_MIB[name]


def max_connections(tier: str) -> int | None:
    """Cloud SQL's default for the tier; None where the tier is unknown."""
    memory = memory_mib(tier)
    if memory is None:
        return None
    return next(limit for gib, limit in _CONNECTIONS if memory >= gib * 1024)


def problems(tier: str) -> Iterator[str]:
    """One line if Cloud SQL makes no custom machine of this shape.

    cloud.google.com/sql/docs/postgres/instance-settings, "Cores" and "Memory".
    """
    found = TIER.fullmatch(tier)
    if not found or not found.group(2):
        return
    cpus, memory = int(found.group(2)), int(found.group(3))
    least, most = (round(cpus * each) for each in _MIB_PER_CPU)
    if not (cpus == 1 or (cpus and cpus % 2 == 0 and cpus <= _MOST_CPUS)):
        yield f'size: is "{tier}", must have 1 CPU or an even number up to {_MOST_CPUS}'
    elif memory % _MIB_STEP or not max(least, _LEAST_MIB) <= memory <= most:
        yield (
            f'size: is "{tier}", must have a multiple of {_MIB_STEP} MiB of memory, from '
            f"{max(least, _LEAST_MIB)} to {most}"
        )


def offer_problems(tier: str, region: str, offered: Sequence[str]) -> Iterator[str]:
    """One line if the region does not offer the tier; custom ones are in no list of tiers."""
    listed = TIER.fullmatch(tier) and not tier.startswith("db-custom-")
    if listed and tier not in offered:
        yield (
            f'size: is "{tier}", which Cloud SQL does not offer in {region}; list the tiers: '
            "`gcloud sql tiers list`"
        )
