"""ModifyDBInstance and DeleteDBInstance: refused requests, and changes that are deferred."""

from sandbox.providers.aws import instance_state, rules, storage, versions
from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, invalid, no_identifier

INSIGHTS_KEY = "performanceInsightsKmsKeyId"


def refuse(data: Data, record: Data, changes: Data, inputs: Data) -> None:
    """Raise the error with which ModifyDBInstance refuses these changes."""
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
    storage.refuse_change(record, changes)
    wanted = {**record, **{key: value for key, value in inputs.items() if value is not None}}
    wanted["availabilityZone"] = record["availabilityZone"]
    storage.request_speed(changes, wanted, inputs)
    if "engineVersion" in changes and record["parameterGroupName"].startswith("default."):
        # RDS switches to the default group of the new major version by itself.
        wanted["parameterGroupName"] = changes.get("parameterGroupName")
    if version := changes.get("engineVersion"):
        allowed = bool(inputs.get("allowMajorVersionUpgrade"))
        versions.refuse_upgrade(record["engineVersionActual"], version, allowed)
    key = changes.get(INSIGHTS_KEY)
    if key and record["performanceInsightsEnabled"] and key != record.get(INSIGHTS_KEY):
        raise invalid("You can't change your Performance Insights KMS key.")
    rules.refuse(data, wanted)


def refuse_deletion(data: Data, record: Data, state: Data) -> None:
    """Raise the error of DeleteDBInstance; the provider takes its arguments from the state."""
    disables_protection = state.get("applyImmediately") and state.get("deletionProtection") is False
    if record.get("deletionProtection") and not disables_protection:
        raise invalid(
            "Cannot delete protected DB Instance, please disable deletion protection and try again."
        )
    if record["status"] != "available":
        raise _unavailable(record["identifier"])
    snapshot = final_snapshot(state)
    if not state.get("skipFinalSnapshot") and len(snapshot) > 255:
        raise no_identifier("FinalDBSnapshotIdentifier")
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
    if version and versions.major_of(version) != versions.major_of(record["engineVersionActual"]):
        keys |= changes.keys() & {"parameterGroupName"}
    return {key: changes[key] for key in sorted(keys)}


def _unavailable(identifier: str) -> ApiError:
    return ApiError("InvalidDBInstanceState", f"Instance {identifier} is not in available state.")
