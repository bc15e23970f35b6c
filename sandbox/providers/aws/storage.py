"""The storage of an RDS instance: types, sizes, speed and growth."""

import math
import time

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid
from sandbox.providers.cloud.base import seconds

KEYS = frozenset(("allocatedStorage", "iops", "storageThroughput", "storageType"))
_SIZES = {"gp2": (20, 65536), "gp3": (20, 65536), "io1": (100, 65536), "io2": (100, 65536),
          "standard": (5, 3072)}  # fmt: skip
"""The minimum and maximum size of each type, in GiB."""
MIN_GIB_FOR_IOPS = 400
"""The size, in GiB, from which the IOPS and throughput of gp3 can be set."""
BEING_OPTIMIZED = "because the previous storage change is being optimized."
"""The end of the message of an error after which the provider repeats the request."""
_OPTIMIZING = 3
"""The optimization of changed storage takes this many times as long as an operation."""


def refuse(inputs: Data) -> None:
    """Refuse a type, size, speed or limit that RDS does not offer."""
    kind, size = inputs.get("storageType") or "gp2", inputs["allocatedStorage"]
    if kind not in _SIZES:
        raise ApiError("InvalidParameterValue", f"Invalid storage type: {kind}")
    least, most = _SIZES[kind]
    if not least <= size <= most:
        raise invalid(
            f"Invalid storage size for engine name postgres and storage type {kind}: {size}"
        )
    _speed(kind, size, inputs.get("iops") or 0, inputs.get("storageThroughput") or 0)
    if limit := inputs.get("maxAllocatedStorage"):
        if limit <= size:
            raise invalid("Max storage size must be greater than storage size")
        if limit < size * 1.1:
            raise invalid("The maximum allocated storage must be increased by at least 10 percent.")
    if inputs.get("kmsKeyId") and not inputs.get("storageEncrypted"):
        raise invalid("KmsKeyId is only applicable for encrypted DB instances")


def _speed(kind: str, size: int, iops: int, throughput: int) -> None:
    if kind in ("gp2", "standard") and (iops or throughput):
        raise invalid(f"You can't specify IOPS or storage throughput for storage type {kind}.")
    if kind in ("io1", "io2"):
        if throughput:
            raise invalid(f"You can't specify storage throughput for storage type {kind}.")
        if not 1000 <= iops <= 256000:
            raise invalid(f"Invalid iops value for engine name postgres and storage type {kind}")
    if kind != "gp3":
        return
    if size < MIN_GIB_FOR_IOPS:
        if iops or throughput:
            raise invalid(
                "You can't specify IOPS or storage throughput for engine postgres and a storage "
                f"size less than {MIN_GIB_FOR_IOPS}."
            )
    elif iops and not 12000 <= iops <= 64000:
        raise invalid(
            f"Invalid iops value {iops} for engine name postgres, storage type gp3 and storage "
            f"size {size}: it must be from 12000 to 64000"
        )
    elif throughput not in (0, 125) and not 500 <= throughput <= min(4000, (iops or 12000) // 4):
        raise invalid(
            f"Invalid storage throughput value {throughput} for engine name postgres, storage type "
            f"gp3 and {iops or 12000} iops"
        )


def speed(record: Data) -> Data:
    """The IOPS and throughput of a gp3 volume; defaults depend on its size."""
    if record["storageType"] != "gp3":
        return {}
    large = record["allocatedStorage"] >= MIN_GIB_FOR_IOPS
    iops, throughput = (12000, 500) if large else (3000, 125)
    return {
        "iops": record["iops"] or iops,
        "storageThroughput": record["storageThroughput"] or throughput,
    }


def refuse_change(record: Data, changes: Data) -> None:
    """Refuse to shrink, and to change storage that is still being optimized."""
    size = record["allocatedStorage"]
    if (changes.get("allocatedStorage") or size) < size:
        raise invalid(
            f"Invalid storage size {changes['allocatedStorage']}: must be greater than or equal to "
            f"the current {size}"
        )
    optimized = time.time() >= record.get("optimizedUntil", 0)
    if changes.keys() & KEYS and not optimized:
        raise invalid(
            f"You can't currently modify the storage of this DB instance {BEING_OPTIMIZED}"
        )


def request_speed(changes: Data, wanted: Data, inputs: Data) -> None:
    """Set the speed that the provider sends; with a changed size, it sends an unchanged one too."""
    if wanted["storageType"] != "gp3":
        if "storageType" in changes:
            wanted |= {key: inputs.get(key) for key in ("iops", "storageThroughput")}
        return
    if wanted["allocatedStorage"] < MIN_GIB_FOR_IOPS:
        for key in ("iops", "storageThroughput"):
            wanted[key] = changes.get(key) and inputs.get(key)
    elif changes.keys() & {"allocatedStorage", "iops"} and wanted["iops"] < 12000:
        raise invalid(
            f"Invalid iops value {wanted['iops']}: must be at least 12000 for engine postgres and "
            f"a storage size of {wanted['allocatedStorage']}"
        )


def changed(record: Data, changes: Data) -> Data:
    """The storage of an instance after a modification; it grows by at least a tenth."""
    found = {key: record[key] for key in KEYS}
    found |= {key: each for key, each in changes.items() if key in KEYS and each is not None}
    size = record["allocatedStorage"]
    if found["allocatedStorage"] > size:
        found["allocatedStorage"] = max(found["allocatedStorage"], math.ceil(size * 1.1))
    if "storageType" in changes:
        found |= dict.fromkeys({"iops", "storageThroughput"} - changes.keys(), 0)
    found |= speed(found)
    if any(found[key] != record[key] for key in KEYS):
        found["optimizedUntil"] = time.time() + _OPTIMIZING * seconds()
    return found
