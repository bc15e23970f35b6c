"""The tier, the memory and the connection limit of each SKU."""

import pytest

from components.azure import machines


@pytest.mark.parametrize(
    ("sku", "tier", "gib", "connections"),
    [
        ("Standard_B1ms", "Burstable", 2, 50),
        ("Standard_B2s", "Burstable", 4, 429),
        ("Standard_B2ms", "Burstable", 8, 859),
        ("Standard_B12ms", "Burstable", 48, 5000),
        ("Standard_D2ds_v5", "GeneralPurpose", 8, 859),
        ("Standard_D4s_v3", "GeneralPurpose", 16, 1718),
        ("Standard_D8ds_v5", "GeneralPurpose", 32, 3437),
        ("Standard_DC4ads_v5", "GeneralPurpose", 16, 1718),
        ("Standard_D96ads_v5", "GeneralPurpose", 384, 5000),
        ("Standard_E2ds_v4", "MemoryOptimized", 16, 1718),
        ("Standard_E4ads_v5", "MemoryOptimized", 32, 3437),
        ("Standard_M8ms", "", None, None),
        ("D2ds_v5", "", None, None),
    ],
)
def test_sku_has_the_tier_and_the_limits_of_its_family(
    sku: str, tier: str, gib: int | None, connections: int | None
) -> None:
    """Azure's table: https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits"""
    assert machines.tier(sku) == tier
    assert machines.memory_gib(sku) == gib
    assert machines.max_connections(sku) == connections
