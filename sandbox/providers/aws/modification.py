"""ModifyDBInstance and DeleteDBInstance: what RDS refuses, and what waits for the window."""

import time

from sandbox.providers.aws import instance_state, rules
from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid

OPTIMIZED = "because the previous storage change is being optimized."
"""The provider repeats a request that RDS refuses with this end of the message."""


def refuse(data: Data, record: Data, changes: Data, inputs: Data) -> None:
    """Raise what ModifyDBInstance answers to these changes."""
    if record["status"] != "available":
        raise _unavailable(record["identifier"])
    if "identifier" in changes or "port" in changes:
        raise invalid("not simulated: another identifier or port of an instance is an error")
    if "dbSubnetGroupName" in changes:
        raise ApiError(
            "InvalidVPCNetworkStateFault",
            "You cannot move DB instance to subnet group. The specified DB subnet group and DB "
            "instance are in the same VPC.",
        )
    _refuse_storage(record, changes)
    wanted = {**record, **{key: value for key, value in inputs.items() if value is not None}}
    wanted["availabilityZone"] = record["availabilityZone"]
    _refuse_speed(changes, wanted, inputs)
    if "engineVersion" in changes and record["parameterGroupName"].startswith("default."):
        # RDS itself takes the default group of the other major version.
        wanted["parameterGroupName"] = changes.get("parameterGroupName")
    if version := changes.get("engineVersion"):
        _refuse_version(record["engineVersionActual"], version, inputs)
    rules.refuse(data, wanted)


def _refuse_storage(record: Data, changes: Data) -> None:
    size = record["allocatedStorage"]
    if (changes.get("allocatedStorage") or size) < size:
        raise invalid(
            f"Invalid storage size {changes['allocatedStorage']}: must be greater than or equal to "
            f"the current {size}"
        )
    optimized = time.time() >= record.get("optimizedUntil", 0)
    if changes.keys() & instance_state.STORAGE and not optimized:
        raise invalid(f"You can't currently modify the storage of this DB instance {OPTIMIZED}")


def _refuse_version(actual: str, version: str, inputs: Data) -> None:
    was, now = int(rules.major_of(actual)), int(rules.major_of(version))
    if now < was:
        raise invalid(f"Cannot upgrade postgres from {actual} to {version}")
    if now > was and not inputs.get("allowMajorVersionUpgrade"):
        raise invalid(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major "
            "version."
        )


def _refuse_speed(changes: Data, wanted: Data, inputs: Data) -> None:
    """The provider sends the speed with the size: from 400 GiB on, even an unchanged one."""
    if wanted["storageType"] != "gp3":
        if "storageType" in changes:
            wanted |= {key: inputs.get(key) for key in ("iops", "storageThroughput")}
        return
    if wanted["allocatedStorage"] < rules.SMALL_FOR_IOPS:
        for key in ("iops", "storageThroughput"):
            wanted[key] = changes.get(key) and inputs.get(key)
    elif changes.keys() & {"allocatedStorage", "iops"} and wanted["iops"] < 12000:
        raise invalid(
            f"Invalid iops value {wanted['iops']}: must be at least 12000 for engine postgres and "
            f"a storage size of {wanted['allocatedStorage']}"
        )


def refuse_deletion(data: Data, record: Data, state: Data) -> None:
    """Raise what DeleteDBInstance answers; the provider takes the arguments from the state."""
    unlocked = state.get("applyImmediately") and state.get("deletionProtection") is False
    if record.get("deletionProtection") and not unlocked:
        raise invalid(
            "Cannot delete protected DB Instance, please disable deletion protection and try again."
        )
    if record["status"] != "available":
        raise _unavailable(record["identifier"])
    snapshot = final_snapshot(state)
    if not state.get("skipFinalSnapshot") and snapshot in data["snapshots"]:
        raise ApiError(
            "DBSnapshotAlreadyExists",
            f"Cannot create the snapshot because a snapshot with the identifier {snapshot} already "
            "exists.",
        )


def final_snapshot(state: Data) -> str:
    """The name of the final snapshot, which is in lower case."""
    return (state.get("finalSnapshotIdentifier") or "").lower()


def waiting(record: Data, changes: Data) -> Data:
    """The changes that wait for the maintenance window unless they are applied immediately."""
    keys = changes.keys() & instance_state.WAITING
    if "backupRetentionPeriod" in changes and 0 in (
        changes["backupRetentionPeriod"],
        record["backupRetentionPeriod"],
    ):
        keys.add("backupRetentionPeriod")
    version = changes.get("engineVersion")
    if version and rules.major_of(version) != rules.major_of(record["engineVersionActual"]):
        keys |= changes.keys() & {"parameterGroupName"}
    return {key: changes[key] for key in sorted(keys)}


def _unavailable(identifier: str) -> ApiError:
    return ApiError("InvalidDBInstanceState", f"Instance {identifier} is not in available state.")
