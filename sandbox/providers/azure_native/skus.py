"""The SKUs of flexible servers, their tiers and their limits."""

import re
from collections.abc import Mapping

from sandbox.providers.azure_native.errors import ApiError
from sandbox.providers.cloud.account import Data

_VCORES = {
    "Standard_D{}s_v3": (2, 4, 8, 16, 32, 48, 64),
    "Standard_D{}ds_v4": (2, 4, 8, 16, 32, 48, 64),
    "Standard_D{}ds_v5": (2, 4, 8, 16, 32, 48, 64, 96),
    "Standard_D{}ads_v5": (2, 4, 8, 16, 32, 48, 64, 96),
    "Standard_E{}s_v3": (2, 4, 8, 16, 32, 48, 64),
    "Standard_E{}ds_v4": (2, 4, 8, 16, 20, 32, 48, 64),
    "Standard_E{}ds_v5": (2, 4, 8, 16, 20, 32, 48, 64, 96),
    "Standard_E{}ads_v5": (2, 4, 8, 16, 20, 32, 48, 64, 96),
}
_BURSTABLE: Mapping[str, float] = {
    "Standard_B1ms": 2,
    "Standard_B2s": 4,
    "Standard_B2ms": 8,
    "Standard_B4ms": 16,
    "Standard_B8ms": 32,
    "Standard_B12ms": 48,
    "Standard_B16ms": 64,
    "Standard_B20ms": 80,
}
TIERS = {"B": "Burstable", "D": "GeneralPurpose", "E": "MemoryOptimized"}
MEMORY: Mapping[str, float] = {
    **_BURSTABLE,
    **{
        name.format(count): count * (8 if name.startswith("Standard_E") else 4)
        for name, counts in _VCORES.items()
        for count in counts
    },
}
"""GiB of each SKU that the service offers."""


def refuse(sku: Data) -> None:
    """Refuse a SKU that does not exist, or that is not of the tier."""
    name, tier = sku["name"], sku["tier"]
    family = re.match(r"Standard_([BDE])", name)
    if name not in MEMORY or family is None or TIERS[family[1]] != tier:
        raise ApiError(
            "InvalidSku",
            f"The SKU name '{name}' is not valid for the tier '{tier}' in this region.",
        )


def is_burstable(sku: Data) -> bool:
    """Whether the SKU is of the burstable tier."""
    return sku["tier"] == "Burstable"


def max_connections(sku: Data) -> int:
    """The service's default for max_connections: it grows with the memory, up to 5000."""
    if sku["name"] == "Standard_B1ms":
        return 50
    if sku["name"] == "Standard_B2s":
        return 429
    return min(round(MEMORY[sku["name"]] * 107.4), 5000)
