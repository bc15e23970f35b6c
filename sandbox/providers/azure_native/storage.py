"""The storage of a flexible server: sizes, performance tiers and growth."""

from sandbox import SandboxError
from sandbox.providers.azure_native.errors import ApiError, invalid, not_simulated
from sandbox.providers.cloud.account import Data

TIERS = {
    32: "P4",
    64: "P6",
    128: "P10",
    256: "P15",
    512: "P20",
    1024: "P30",
    2048: "P40",
    4095: "P50",
    4096: "P50",
    8192: "P60",
    16384: "P70",
    32767: "P80",
}
"""The sizes in GiB, and the tier of each."""
_ORDER = tuple(dict.fromkeys(TIERS.values()))
IOPS = dict(
    zip(_ORDER, (120, 240, 500, 1100, 2300, 5000, 7500, 7500, 16000, 18000, 20000), strict=True)
)
TYPES = ("Premium_LRS", "PremiumV2_LRS", "UltraSSD_LRS")
DEFAULTS: Data = {"autoGrow": "Disabled", "storageSizeGB": 128, "type": "Premium_LRS"}


def completed(wanted: Data, given: Data) -> Data:
    """The storage after a request; a size that grows takes its tier with it."""
    own = TIERS[wanted["storageSizeGB"]]
    tier = given.get("tier") or max(wanted.get("tier", own), own, key=_ORDER.index)
    return {**wanted, "tier": tier, "iops": IOPS[tier]}


def grown(old: Data) -> Data:
    """The storage after it has grown by itself, to the next size."""
    if old["autoGrow"] != "Enabled":
        raise SandboxError("the storage does not grow by itself: autoGrow is Disabled")
    size = min((each for each in TIERS if each > old["storageSizeGB"]), default=None)
    if size is None:
        raise SandboxError(f"there is no larger storage than {old['storageSizeGB']} GB")
    return completed({**old, "storageSizeGB": size}, {})


def refuse(wanted: Data, old: Data | None) -> None:
    """Refuse values that the service does not offer, and storage that shrinks."""
    size, kind = wanted["storageSizeGB"], wanted["type"]
    if kind not in TYPES:
        raise invalid("storage.type")
    if kind != "Premium_LRS":
        raise not_simulated(f"storage of type {kind} is an error")
    if size not in TIERS:
        raise invalid("storage.storageSizeGB", f"The sizes are {', '.join(map(str, TIERS))}.")
    if wanted["autoGrow"] not in ("Enabled", "Disabled"):
        raise invalid("storage.autoGrow")
    if old and size < old["storageSizeGB"]:
        raise ApiError("InvalidParameterValue", "Decreasing storage size is not supported.")
    if old and kind != old["type"]:
        raise invalid("storage.type", "It cannot be changed after the creation.")


def refuse_tier(wanted: Data, given: Data) -> None:
    """Refuse a speed, and a tier below the size's own or above P50 for sizes up to 4 TiB."""
    for key in ("iops", "throughput"):
        if given.get(key) is not None:
            raise invalid(f"storage.{key}", "It is for PremiumV2_LRS and UltraSSD_LRS.")
    tier, size = given.get("tier"), wanted["storageSizeGB"]
    if tier is None:
        return
    own, highest = TIERS[size], "P50" if size <= 4096 else "P80"
    if tier not in _ORDER[_ORDER.index(own) : _ORDER.index(highest) + 1]:
        raise invalid("storage.tier", f"For {size} GB it is from {own} to {highest}.")
