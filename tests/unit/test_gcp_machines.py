"""The editions, the memory and the connection limit of Cloud SQL's tiers."""

import pytest

from components.gcp import machines


@pytest.mark.parametrize(
    ("tier", "mib", "connections"),
    [
        ("db-f1-micro", 614, 25),
        ("db-g1-small", 1740, 50),
        ("db-custom-1-3840", 3840, 100),
        ("db-custom-1-6144", 6144, 200),
        ("db-custom-2-7680", 7680, 400),
        ("db-custom-2-8192", 8192, 400),
        ("db-custom-4-15360", 15360, 500),
        ("db-custom-8-30720", 30720, 600),
        ("db-custom-16-61440", 61440, 800),
        ("db-custom-32-122880", 122880, 1000),
        ("db-perf-optimized-N-2", 16384, 500),
        ("db-n1-standard-1", None, None),
    ],
)
def test_tier_has_its_memory_and_the_default_limit_of_connections(
    tier: str, mib: int | None, connections: int | None
) -> None:
    assert machines.memory_mib(tier) == mib
    assert machines.max_connections(tier) == connections


@pytest.mark.parametrize(
    ("tier", "edition"),
    [
        ("db-f1-micro", "ENTERPRISE"),
        ("db-custom-2-8192", "ENTERPRISE"),
        ("db-perf-optimized-N-2", "ENTERPRISE_PLUS"),
    ],
)
def test_tier_belongs_to_one_edition(tier: str, edition: str) -> None:
    assert machines.edition_of(tier) == edition


@pytest.mark.parametrize("edition", machines.EDITIONS)
def test_each_size_has_a_tier_of_the_edition(edition: str) -> None:
    for size in ("small", "medium", "large"):
        tier = machines.tier_of(size, edition)
        assert machines.edition_of(tier) == edition
        assert not list(machines.problems(tier))
    assert machines.tier_of("db-custom-1-3840", edition) == "db-custom-1-3840"


CPUS, MEMORY = "must have 1 CPU or an even number", "must have a multiple of 256 MiB of memory"


@pytest.mark.parametrize(
    ("tier", "line"),
    [
        ("db-custom-1-3840", ""),
        ("db-custom-2-3840", ""),
        ("db-custom-96-638976", ""),
        ("db-custom-3-8192", CPUS),
        ("db-custom-0-8192", CPUS),
        ("db-custom-98-131072", CPUS),
        ("db-custom-2-8000", MEMORY),
        ("db-custom-1-3584", MEMORY),
        ("db-custom-2-13568", MEMORY),
        ("db-custom-8-7168", MEMORY),
        ("db-f1-micro", ""),
    ],
)
def test_shape_of_a_custom_tier(tier: str, line: str) -> None:
    lines = list(machines.problems(tier))
    assert len(lines) == bool(line)
    assert all(line in each for each in lines)
