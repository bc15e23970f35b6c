"""The machine types of Cloud SQL, called tiers, and the editions that they belong to."""

import re

from sandbox.providers.gcp.account import ZONES
from sandbox.providers.gcp.errors import invalid

MIB_PER_GIB = 1024
SHARED = {"db-f1-micro": 614, "db-g1-small": 1740}
"""The shared-core tiers and their memory in MiB."""
PLUS = {
    f"db-perf-optimized-N-{cores}": 8 * cores * MIB_PER_GIB
    for cores in (2, 4, 8, 16, 32, 48, 64, 80, 96, 128)
} | {f"db-c4a-highmem-{cores}": 8 * cores * MIB_PER_GIB for cores in (4, 8, 16, 32, 48, 64, 72)}
"""The tiers of ENTERPRISE_PLUS and their memory in MiB."""
OTHERS = {
    f"db-n1-{kind}-{cores}": round(factor * cores * MIB_PER_GIB)
    for kind, factor, sizes in (
        ("standard", 3.75, (1, 2, 4, 8, 16, 32, 64)),
        ("highmem", 6.5, (2, 4, 8, 16, 32, 64)),
    )
    for cores in sizes
}
"""Tiers for other databases, which the API lists as well."""
_CUSTOM = re.compile(r"db-custom-(\d+)-(\d+)")
_CONNECTIONS = (
    (120, 1000),
    (60, 800),
    (30, 600),
    (15, 500),
    (7.5, 400),
    (6, 200),
    (3.75, 100),
    (1.5, 50),
    (0, 25),
)
"""The default of max_connections from so many GiB of memory on."""


def refuse(tier: str, edition: str) -> None:
    """Refuse a tier that the edition does not have."""
    if edition == "ENTERPRISE_PLUS":
        if tier not in PLUS:
            raise invalid(
                f"Invalid Tier ({tier}) for ({edition}) Edition. Use a predefined Tier like "
                "db-perf-optimized-N-* instead. Learn more at "
                "https://cloud.google.com/sql/docs/postgres/create-instance#machine-types"
            )
        return
    if tier in PLUS:
        raise invalid(
            f"Invalid Tier ({tier}) for ({edition}) Edition. Use a custom Tier like db-custom-* "
            "instead. Learn more at "
            "https://cloud.google.com/sql/docs/postgres/create-instance#machine-types"
        )
    if tier in SHARED:
        return
    custom = _CUSTOM.fullmatch(tier)
    if not custom:
        raise invalid(
            "Only custom or shared-core instance Billing Tier type allowed for PostgreSQL database"
        )
    _refuse_custom(int(custom[1]), int(custom[2]))


def _refuse_custom(cores: int, memory: int) -> None:
    if not (cores == 1 or (2 <= cores <= 96 and cores % 2 == 0)):
        raise invalid(f"Custom Machine type has an invalid number of vCPUs: {cores}")
    least = max(3840, 0.9 * MIB_PER_GIB * cores)
    if memory % 256 or not least <= memory <= 6.5 * MIB_PER_GIB * cores:
        raise invalid(f"Custom Machine type has an invalid memory size for {cores} vCPUs: {memory}")


def memory(tier: str) -> int:
    """The memory of a tier in MiB."""
    custom = _CUSTOM.fullmatch(tier)
    return int(custom[2]) if custom else (SHARED | PLUS)[tier]


def settings(tier: str) -> dict[str, str]:
    """The settings of PostgreSQL that depend on the tier."""
    gib = memory(tier) / MIB_PER_GIB
    return {"max_connections": str(next(most for least, most in _CONNECTIONS if gib >= least))}


def listed() -> list[dict[str, object]]:
    """The tiers as the API lists them; custom ones are not listed."""
    return [
        {
            "tier": tier,
            "ram": size * 2**20,
            "diskQuota": (3062 if tier in SHARED else 65536) * 2**30,
            "regions": sorted(ZONES),
        }
        for tier, size in (SHARED | OTHERS | PLUS).items()
    ]
