"""RDS instance classes: the class of each size, the memory of a class, its limit of connections."""

import re

SIZES = {"small": "db.m6i.large", "medium": "db.m6i.xlarge", "large": "db.m6i.2xlarge"}
"""Coder's own recommendation for under 1,000, under 2,000 and from 2,000 users."""
CLASS = re.compile(r"db\.([a-z])[0-9][a-z0-9-]*\.([0-9]*)(micro|small|medium|large|xlarge)")

_BURSTABLE_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8}
_GIB_OF_XLARGE = {"t": 16, "m": 16, "c": 8, "r": 32, "x": 64, "z": 32}
_BYTES_PER_CONNECTION = 9531392
_USABLE = 0.75
"""RDS computes with the memory that is left for PostgreSQL, on small classes 20 to 30 % less."""
_MOST_CONNECTIONS = 5000


def memory_gib(instance_class: str) -> int | None:
    """The class's memory, or None for a class of an unknown family."""
    found = CLASS.fullmatch(instance_class)
    if not found:
        return None
    family, times, size = found.groups()
    if family == "t" and size in _BURSTABLE_GIB:
        return _BURSTABLE_GIB[size]
    xlarge = _GIB_OF_XLARGE.get(family)
    if xlarge is None or size not in ("large", "xlarge"):
        return None
    return xlarge // 2 if size == "large" else xlarge * int(times or 1)


def max_connections(instance_class: str) -> int | None:
    """A lower bound of RDS's default for the class; None where the class is unknown."""
    memory = memory_gib(instance_class)
    if memory is None:
        return None
    return min(int(memory * 2**30 * _USABLE / _BYTES_PER_CONNECTION), _MOST_CONNECTIONS)


def has_performance_insights(instance_class: str) -> bool:
    """Whether the class is large enough for Performance Insights."""
    memory = memory_gib(instance_class)
    return memory is None or memory > 2
