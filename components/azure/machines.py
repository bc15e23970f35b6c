"""Azure's compute sizes: the SKU of each size, its tier, and its limit of connections."""

import re

SIZES = {
    "small": "Standard_D2ds_v5",
    "medium": "Standard_D4ds_v5",
    "large": "Standard_D8ds_v5",
}
"""2, 4 and 8 vCPU with 4 GiB each: Coder recommends it for under 1,000, 2,000 and 3,000 users."""
# All of them have the `s` of premium storage, on which the service keeps its data.
_VCPUS = "1|2|4|8|12|16|20|32|48|64|96|128|192"
SKU = re.compile(rf"Standard_([BDE])C?({_VCPUS})[a-z]*s(_v[0-9])?")
TIERS = {"B": "Burstable", "D": "GeneralPurpose", "E": "MemoryOptimized"}

_GIB_PER_VCPU = {"B": 4, "D": 4, "E": 8}
_CONNECTIONS_PER_GIB = 107.4
_MOST_CONNECTIONS = 5000
RESERVED = 15
"""Connections that Azure keeps for replication and monitoring.

https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits
"""
_SMALLEST = {"Standard_B1ms": (2, 50), "Standard_B2s": (4, 429)}
"""Memory and connections where they do not follow from the vCPUs; source: the same page."""


def tier(sku: str) -> str:
    """The tier that the SKU belongs to; empty for an unknown one."""
    found = SKU.fullmatch(sku)
    return TIERS[found[1]] if found else ""


def memory_gib(sku: str) -> int | None:
    """The SKU's memory, or None for an unknown one."""
    if sku in _SMALLEST:
        return _SMALLEST[sku][0]
    found = SKU.fullmatch(sku)
    return int(found[2]) * _GIB_PER_VCPU[found[1]] if found else None


def max_connections(sku: str) -> int | None:
    """Azure's default of `max_connections` for the SKU; None where the SKU is unknown."""
    if sku in _SMALLEST:
        return _SMALLEST[sku][1]
    memory = memory_gib(sku)
    if memory is None:
        return None
    return min(round(memory * _CONNECTIONS_PER_GIB), _MOST_CONNECTIONS)
