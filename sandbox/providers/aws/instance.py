"""An RDS instance: made, modified, restored, failed over and deleted as RDS does it."""

import time
from collections.abc import Iterable
from typing import Any, ClassVar

from sandbox.providers.aws import instance_schema, instance_state, operations, rules, servers
from sandbox.providers.aws.account import Cloud, Data
from sandbox.providers.aws.common import Bridged, conflicts, not_among, problem, tags_all, unmatched
from sandbox.providers.aws.errors import ApiError, failure, invalid, wrapped
from sandbox.providers.framework.operation import TimedOut
from sandbox.providers.framework.provider import (
    Failure,
    InitFailed,
    Inputs,
    Operation,
    Outputs,
    Problem,
    autoname,
)
from sandbox.providers.framework.validation import snake
from sandbox.providers.framework.values import Path

OPTIMIZED = "because the previous storage change is being optimized."
"""By this the provider knows an error that passes."""
_TIME = r"([01]\d|2[0-3]):[0-5]\d"
ARN = r"arn:[^:]+:[^:]+:[^:]*:(\d{12})?:.+"
_DAY = "(mon|tue|wed|thu|fri|sat|sun|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"


class Instance(Bridged):
    """One PostgreSQL server."""

    type = "aws:rds/instance:Instance"
    inputs: ClassVar[Inputs] = instance_schema.INPUTS
    computed: ClassVar[frozenset[str]] = instance_schema.COMPUTED
    outputs: ClassVar[Outputs] = instance_schema.OUTPUTS
    create_timeout = 2400
    update_timeout = 4800
    delete_timeout = 3600

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        """What is not asked for, has grown by itself or is only written otherwise is no change."""
        key = str(path[0])
        was, wanted = old.get(key), new.get(key)
        if wanted is None:
            return key not in instance_schema.COMPUTED and bool(was)
        if was is None:
            return bool(wanted)
        if key in instance_schema.LOWERED:
            return was.lower() != wanted.lower()
        if key == "allocatedStorage" and isinstance(wanted, int) and was > wanted:
            return not (new.get("maxAllocatedStorage") or 0) > wanted
        if isinstance(wanted, list):  # all of these are sets
            return set(was) != set(wanted)
        return True

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """Fill in the identifier, and refuse what the provider itself refuses."""
        if inputs.get("identifier") is None and inputs.get("identifierPrefix") is None:
            inputs["identifier"] = autoname(op, old.get("identifier"), separator="")
        for key in sorted(instance_schema.UNSIMULATED & inputs.keys()):
            if inputs[key] and inputs[key] != instance_schema.ABSENT.get(key):
                yield problem(op, key, f"the simulated AWS has no {key}")
        yield from not_among(op, inputs, "engine", ("postgres", "Postgres", "POSTGRES"))
        for key in ("kmsKeyId", "performanceInsightsKmsKeyId", "monitoringRoleArn"):
            yield from unmatched(op, inputs, key, ARN, "an invalid ARN")
        yield from conflicts(
            op,
            inputs,
            ("snapshotIdentifier", "restoreToPointInTime"),
            ("dbName", "replicateSourceDb"),
        )
        for key, text, case, more in (
            ("identifier", "identifier", "a-z", 62),
            ("finalSnapshotIdentifier", "snapshot", "A-Za-z", 254),
        ):
            pattern = rf"(?!.*--)[{case}][0-9{case}-]{{0,{more}}}(?<!-)"
            yield from unmatched(op, inputs, key, pattern, f"no {text} of RDS")
        yield from unmatched(op, inputs, "backupWindow", f"{_TIME}-{_TIME}", "hh24:mi-hh24:mi")
        yield from unmatched(
            op,
            inputs,
            "maintenanceWindow",
            f"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
            "ddd:hh24:mi-ddd:hh24:mi",
        )
        yield from not_among(op, inputs, "databaseInsightsMode", ("standard", "advanced"))
        yield from not_among(op, inputs, "networkType", ("IPV4", "DUAL"))
        support = "open-source-rds-extended-support"
        allowed = (support, f"{support}-disabled")
        yield from not_among(op, inputs, "engineLifecycleSupport", allowed)
        yield from not_among(op, inputs, "monitoringInterval", (0, 1, 5, 10, 15, 30, 60))
        for each in inputs.get("enabledCloudwatchLogsExports") or []:
            if each not in ("postgresql", "upgrade", "iam-db-auth-error"):
                yield problem(op, "enabledCloudwatchLogsExports", f"no log of PostgreSQL: {each}")

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Make it, empty or from what was kept, and wait until it is available."""
        cloud, identifier = Cloud.of(op, inputs), inputs["identifier"]
        operation, source = _operation(inputs), {}
        if operation == "CreateDBInstance":
            for key in ("allocatedStorage", "engine", "username"):
                if inputs.get(key) is None:
                    raise wrapped(f'"{snake(key)}": required field is not set')
        try:
            with cloud.change() as data:
                source = instance_state.source(data, inputs)
                record = instance_state.new(op, cloud, data, inputs, source)
                operations.begin(record, "creating")
                zone = {"availabilityZone": inputs.get("availabilityZone")}
                rules.refuse_new(data, {**record, **inputs, **_kept(record), **zone})
                data["instances"][identifier] = record | instance_state.speed(record)
        except ApiError as error:
            doing = f"creating RDS DB Instance ({identifier})"
            raise failure(doing, operation, error) from None
        op.status("creating")
        try:
            servers.chosen().guard()
            self._make(inputs, record, source, data)
        except Failure:
            operations.drop(cloud, record)
            raise
        instance_state.put(cloud, identifier, status="backing-up")
        said = ""
        try:
            operations.wait(op, cloud, identifier)
            self._catch_up(op, cloud, identifier, inputs)
        except ApiError as error:
            doing = f"updating RDS DB Instance ({identifier})"
            said = str(failure(doing, "ModifyDBInstance", error))
        except Failure as error:
            said = f"waiting for RDS DB Instance ({identifier}) create: {error}"
        record = cloud.look()["instances"][identifier]
        made = record["resourceId"], _shown(record, inputs)
        if said:  # the provider knows the instance as soon as it is asked for
            raise InitFailed(*made, said)
        return made

    def _catch_up(self, op: Operation, cloud: Cloud, identifier: str, inputs: Data) -> None:
        """Modify what a restored instance has from its snapshot, though more was asked for."""
        if not inputs.get("snapshotIdentifier"):
            return
        record = cloud.look()["instances"][identifier]
        asked: Data = {}
        size, version = inputs.get("allocatedStorage"), inputs.get("engineVersion")
        if size and size != record["allocatedStorage"]:
            asked["allocatedStorage"] = size
        if version and rules.major_of(version) != rules.major_of(record["engineVersionActual"]):
            asked["engineVersion"] = version
        if asked:
            self._modify(op, cloud, identifier, asked, {**inputs, "applyImmediately": True})

    def _make(self, inputs: Data, record: Data, source: Data, data: Data) -> None:
        behind = servers.chosen()
        if inputs.get("snapshotIdentifier"):
            behind.restore(record, inputs["snapshotIdentifier"].lower())
        elif inputs.get("restoreToPointInTime"):
            behind.copy(record, source)
        else:
            behind.create(record, inputs["password"], instance_state.settings(data, record))
            return
        if password := inputs.get("password"):
            behind.set_password(record, password)
        behind.restart(record, instance_state.settings(data, record))

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """The instance as it is; one may be imported by its identifier."""
        record = instance_state.find(Cloud.of(op, state).look(), id)
        if record is None:
            return None
        if not state:  # what an import takes for given
            state = {"skipFinalSnapshot": True, "deleteAutomatedBackups": True}
        return {**state, **_shown(record, state), "id": record["resourceId"]}

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Modify it: at once, or in the next maintenance window; tags on their own."""
        cloud = Cloud.of(op, inputs)
        record = instance_state.find(cloud.look(), id)
        if record is None:
            error = ApiError("DBInstanceNotFound", f"DBInstance {inputs['identifier']} not found.")
            raise failure(f"updating RDS DB Instance ({id})", "ModifyDBInstance", error)
        identifier = record["identifier"]
        changed = {str(path[0]) for path in self.changes(self.before({}, state), inputs)}
        asked = {
            key: inputs.get(key)
            for key in changed - instance_schema.STATE_ONLY
            if not self.inputs[key].replaces
        }
        try:
            tags = tags_all(op, inputs)
            if asked:
                self._modify_once_optimized(op, cloud, identifier, asked, inputs)
        except ApiError as error:
            doing = f"updating RDS DB Instance ({identifier})"
            raise failure(doing, "ModifyDBInstance", error) from None
        record = instance_state.put(cloud, identifier, tags=inputs.get("tags") or {}, tagsAll=tags)
        return _shown(record, inputs)

    def _modify_once_optimized(
        self, op: Operation, cloud: Cloud, identifier: str, asked: Data, inputs: Data
    ) -> None:
        while True:
            try:
                return self._modify(op, cloud, identifier, asked, inputs)
            except ApiError as error:
                if not str(error).endswith(OPTIMIZED):
                    raise
                try:
                    op.sleep(0.2)
                except TimedOut:
                    raise error from None

    def _modify(
        self, op: Operation, cloud: Cloud, identifier: str, asked: Data, inputs: Data
    ) -> None:
        with cloud.change() as data:
            record = data["instances"][identifier]
            _refuse_change(data, record, asked, inputs)
            asked = dict(asked)
            password = asked.pop("password", None)
            if inputs.get("applyImmediately"):
                asked = {**record["pending"], **asked}
            else:
                waiting = _waiting(record, asked)
                record["pending"] |= waiting
                asked = {key: value for key, value in asked.items() if key not in waiting}
            operations.begin(record, "modifying", asked=asked)
        op.status("modifying")
        try:
            if password:
                servers.chosen().set_password(record, password)
        finally:
            operations.wait(op, cloud, identifier)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete it, with a last snapshot unless the state says that there is to be none."""
        cloud = Cloud.of(op, state)
        record = instance_state.find(cloud.look(), id)
        if record is None:
            return
        identifier, last = record["identifier"], _last(state)
        skip = bool(state.get("skipFinalSnapshot"))
        if not skip and not last:
            raise wrapped("final_snapshot_identifier is required when skip_final_snapshot is false")
        op.status("deleting")
        if record["status"] == "deleting":
            while instance_state.find(Cloud.of(op, state).look(), id):
                op.sleep(0.2)
            return
        try:
            with cloud.change() as data:
                record = data["instances"][identifier]
                _refuse_deletion(data, record, state)
                operations.begin(record, "deleting", snapshot=None if skip else last)
        except ApiError as error:
            doing = f"deleting RDS DB Instance ({identifier})"
            raise failure(doing, "DeleteDBInstance", error) from None
        operations.wait(op, cloud, identifier)


def _shown(record: Data, asked: Data) -> Data:
    """What the provider reads of it; a version that was asked for stays as it was written."""
    version, wanted = record["engineVersionActual"], asked.get("engineVersion")
    waits = record["pending"].get("engineVersion")
    # RDS writes the version that waits in full.
    kept = version.startswith(f"{wanted}.") or (
        waits and wanted == rules.VERSIONS[rules.major_of(waits)]
    )
    return {**instance_state.outputs(record), "engineVersion": wanted if kept else version}


def _operation(inputs: Data) -> str:
    if inputs.get("snapshotIdentifier"):
        return "RestoreDBInstanceFromDBSnapshot"
    if inputs.get("restoreToPointInTime"):
        return "RestoreDBInstanceToPointInTime"
    return "CreateDBInstance"


def _kept(record: Data) -> dict[str, Any]:
    """What a restored instance has from its source, whatever is asked for."""
    return {key: record[key] for key in ("engineVersion", "allocatedStorage", "username")}


def _refuse_change(data: Data, record: Data, asked: Data, inputs: Data) -> None:
    if record["status"] != "available":
        raise _unavailable(record["identifier"])
    if "identifier" in asked or "port" in asked:
        raise invalid("the simulated AWS neither renames an instance nor moves its port")
    if "dbSubnetGroupName" in asked:
        raise ApiError(
            "InvalidVPCNetworkStateFault",
            "You cannot move DB instance to subnet group. The specified DB subnet group and DB "
            "instance are in the same VPC.",
        )
    if (asked.get("allocatedStorage") or record["allocatedStorage"]) < record["allocatedStorage"]:
        raise invalid(
            f"Invalid storage size {asked['allocatedStorage']}: must be greater than or equal to "
            f"the current {record['allocatedStorage']}"
        )
    optimized = time.time() >= record.get("optimizedUntil", 0)
    if asked.keys() & instance_state.STORAGE and not optimized:
        raise invalid(f"You can't currently modify the storage of this DB instance {OPTIMIZED}")
    wanted = {**record, **{key: value for key, value in inputs.items() if value is not None}}
    wanted["availabilityZone"] = record["availabilityZone"]
    _refuse_speed(asked, wanted, inputs)
    if "engineVersion" in asked and record["parameterGroupName"].startswith("default."):
        # RDS itself takes the default of the other major version.
        wanted["parameterGroupName"] = asked.get("parameterGroupName")
    if version := asked.get("engineVersion"):
        was, now = (int(rules.major_of(each)) for each in (record["engineVersionActual"], version))
        if now < was:
            raise invalid(
                f"Cannot upgrade postgres from {record['engineVersionActual']} to {version}"
            )
        if now > was and not inputs.get("allowMajorVersionUpgrade"):
            raise invalid(
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major "
                "version."
            )
    rules.refuse(data, wanted)


def _refuse_speed(asked: Data, wanted: Data, inputs: Data) -> None:
    """The provider sends the speed with the size, from 400 GiB on also where it is the old one."""
    if wanted["storageType"] != "gp3":
        if "storageType" in asked:
            wanted |= {key: inputs.get(key) for key in ("iops", "storageThroughput")}
        return
    if wanted["allocatedStorage"] < rules.SMALL_FOR_IOPS:
        for key in ("iops", "storageThroughput"):
            wanted[key] = asked.get(key) and inputs.get(key)
    elif asked.keys() & {"allocatedStorage", "iops"} and wanted["iops"] < 12000:
        raise invalid(
            f"Invalid iops value {wanted['iops']}: must be at least 12000 for engine postgres and "
            f"a storage size of {wanted['allocatedStorage']}"
        )


def _refuse_deletion(data: Data, record: Data, state: Data) -> None:
    unlocked = state.get("applyImmediately") and state.get("deletionProtection") is False
    if record.get("deletionProtection") and not unlocked:
        raise invalid(
            "Cannot delete protected DB Instance, please disable deletion protection and try again."
        )
    if record["status"] != "available":
        raise _unavailable(record["identifier"])
    last = _last(state)
    if not state.get("skipFinalSnapshot") and last in data["snapshots"]:
        raise ApiError(
            "DBSnapshotAlreadyExists",
            f"Cannot create the snapshot because a snapshot with the identifier {last} already "
            "exists.",
        )


def _last(state: Data) -> str:
    return (state.get("finalSnapshotIdentifier") or "").lower()


def _waiting(record: Data, asked: Data) -> Data:
    """What a modification leaves for the maintenance window."""
    keys = asked.keys() & instance_schema.PENDING
    if "backupRetentionPeriod" in asked and 0 in (
        asked["backupRetentionPeriod"],
        record["backupRetentionPeriod"],
    ):
        keys.add("backupRetentionPeriod")
    version = asked.get("engineVersion")
    if version and rules.major_of(version) != rules.major_of(record["engineVersionActual"]):
        keys |= asked.keys() & {"parameterGroupName"}
    return {key: asked[key] for key in sorted(keys)}


def _unavailable(identifier: str) -> ApiError:
    return ApiError("InvalidDBInstanceState", f"Instance {identifier} is not in available state.")
