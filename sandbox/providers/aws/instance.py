"""RDS instances: creation, modification, restore and deletion, as in the provider and RDS."""

from collections.abc import Iterable
from typing import ClassVar

from sandbox.providers.aws import (
    instance_checks,
    instance_schema,
    instance_state,
    log_group,
    modification,
    rules,
    storage,
    versions,
)
from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.tags import tags_all
from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.messages import snake
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.retries import until_accepted
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path


class Instance(BridgedResource):
    """One PostgreSQL server."""

    type = "aws:rds/instance:Instance"
    inputs = instance_schema.DECLARATION.inputs
    outputs = instance_schema.DECLARATION.outputs
    computed: ClassVar[frozenset[str]] = instance_schema.COMPUTED
    create_timeout = 2400
    update_timeout = 4800
    delete_timeout = 3600

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        key = str(path[0])
        was, wanted = old.get(key), new.get(key)
        if wanted is None:
            return key not in self.computed and bool(was)
        if was is None:
            return bool(wanted)
        if key in instance_state.LOWERCASED:
            return was.lower() != wanted.lower()
        if key == "allocatedStorage" and isinstance(wanted, int) and was > wanted:
            # With storage autoscaling, a larger actual size is not a change.
            return not (new.get("maxAllocatedStorage") or 0) > wanted
        if isinstance(wanted, list):  # all of these are sets
            return set(was) != set(wanted)
        return True

    def replaces(self, path: Path, old: Data, new: Data) -> bool:
        """Whether the change replaces the instance: not one inside `restoreToPointInTime`."""
        if path[0] == "restoreToPointInTime" and len(path) > 1:
            return False
        return super().replaces(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        if inputs.get("identifier") is None and inputs.get("identifierPrefix") is None:
            inputs["identifier"] = autoname(op, old.get("identifier"), separator="")
        return instance_checks.problems(op, inputs)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        region, identifier = Region.of(op, inputs), inputs["identifier"]
        operation, restored = _create_operation(inputs)
        if operation == "CreateDBInstance":
            for key in ("allocatedStorage", "engine", "username"):
                if inputs.get(key) is None:
                    raise one_error(f'"{snake(key)}": required field is not set')
        try:
            with region.transaction() as data:
                source = instance_state.source(data, inputs)
                record = instance_state.new(
                    region.scope, data, inputs, tags_all(op, inputs), source
                )
                rules.refuse_new(data, _request(record, inputs))
                record |= storage.speed(record)
                region.begin(record, "create")
                data["instances"][identifier] = record
                log_group.written_by_rds(data, region, record)
        except ApiError as error:
            doing = f"creating RDS DB Instance {restored}({identifier})"
            raise failure(doing, operation, error) from None
        op.status("creating")
        region.create_server(
            identifier,
            inputs.get("password"),
            snapshot=(inputs.get("snapshotIdentifier") or "").lower(),
            source=source["identifier"] if inputs.get("restoreToPointInTime") else "",
        )
        # The provider has stored the ID since CreateDBInstance returned.
        id = record["resourceId"]
        try:
            region.wait(op, identifier)
            self._modify_restored(op, region, identifier, inputs)
        except ApiError as error:
            doing = f"updating RDS DB Instance ({identifier})"
            raise self.unready(op, id, failure(doing, "ModifyDBInstance", error)) from None
        except Failure as error:
            said = one_error(f"waiting for RDS DB Instance ({identifier}) create: {error}")
            raise self.unready(op, id, said) from error
        return id, _outputs(region.read()["instances"][identifier], inputs)

    def _modify_restored(
        self, op: Operation, region: Region, identifier: str, inputs: Data
    ) -> None:
        """Send what a restore from a snapshot does not take, also where the snapshot has it."""
        keys = ("allocatedStorage", "engineVersion")
        changes = {key: inputs[key] for key in keys if inputs.get(key)}
        if changes and inputs.get("snapshotIdentifier"):
            self._request_change(
                op, region, identifier, changes, {**inputs, "applyImmediately": True}
            )

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """Read the instance; an import may name it by its identifier."""
        record = instance_state.find(Region.of(op, state).read(), id)
        if record is None:
            return None
        if not state:  # the provider's defaults at an import
            state = {"skipFinalSnapshot": True, "deleteAutomatedBackups": True}
        return {**state, **_outputs(record, state), "id": record["resourceId"]}

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        region = Region.of(op, inputs)
        record = instance_state.find(region.read(), id)
        if record is None:
            error = ApiError("DBInstanceNotFound", f"DBInstance {inputs['identifier']} not found.")
            raise failure(f"updating RDS DB Instance ({id})", "ModifyDBInstance", error)
        identifier = record["identifier"]
        changed = {str(path[0]) for path in self.changes(self.before({}, state), inputs)}
        changes = {
            key: inputs.get(key)
            for key in changed - instance_state.STATE_ONLY
            if not self.inputs[key].replaces
        }
        try:
            tags = tags_all(op, inputs)
            if changes:
                self._change_once_optimized(op, region, identifier, changes, inputs)
        except ApiError as error:
            doing = f"updating RDS DB Instance ({identifier})"
            raise failure(doing, "ModifyDBInstance", error) from None
        if tags != state.get("tagsAll"):
            region.put(identifier, tags=inputs.get("tags") or {}, tagsAll=tags)
        return _outputs(region.read()["instances"][identifier], inputs)

    def _change_once_optimized(
        self, op: Operation, region: Region, identifier: str, changes: Data, inputs: Data
    ) -> None:
        until_accepted(
            op,
            lambda: self._request_change(op, region, identifier, changes, inputs),
            ApiError,
            lambda error: str(error).endswith(storage.BEING_OPTIMIZED),
        )

    def _request_change(
        self, op: Operation, region: Region, identifier: str, changes: Data, inputs: Data
    ) -> None:
        """Call ModifyDBInstance; wait for all changes that are not deferred to the window."""
        with region.transaction() as data:
            record = data["instances"][identifier]
            modification.refuse(data, record, changes, inputs)
            changes = dict(changes)
            password = changes.pop("password", None)
            if inputs.get("applyImmediately"):
                changes = {**record["pending"], **changes}
            else:
                waiting = modification.waiting(record, changes)
                region.defer(record, waiting)
                changes = {key: each for key, each in changes.items() if key not in waiting}
            region.begin(record, "modify", changes=changes)
        op.status("modifying")
        try:
            if password:
                region.servers.set_password(region.server(data, record), password)
        finally:
            region.wait(op, identifier)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete the instance; takes a final snapshot unless the state has skipFinalSnapshot."""
        region = Region.of(op, state)
        record = instance_state.find(region.read(), id)
        if record is None:
            return
        identifier, snapshot = record["identifier"], modification.final_snapshot(state)
        skip = bool(state.get("skipFinalSnapshot"))
        if not skip and not snapshot:
            raise one_error(
                "final_snapshot_identifier is required when skip_final_snapshot is false"
            )
        op.status("deleting")
        if record["status"] == "deleting":
            while instance_state.find(region.recover().read(), id):
                op.sleep(0.2)
            return
        try:
            with region.transaction() as data:
                record = data["instances"][identifier]
                modification.refuse_deletion(data, record, state)
                region.begin(record, "delete", snapshot=None if skip else snapshot)
        except ApiError as error:
            doing = f"deleting RDS DB Instance ({identifier})"
            raise failure(doing, "DeleteDBInstance", error) from None
        region.wait(op, identifier)


def _outputs(record: Data, inputs: Data) -> Data:
    """The outputs that the provider reads; a version prefix stays as it was given."""
    version, wanted = record["engineVersionActual"], inputs.get("engineVersion")
    waits = record["pending"].get("engineVersion")
    # RDS reports the full number of a version that waits for the window.
    kept = version.startswith(f"{wanted}.") or (waits and wanted == versions.full(waits))
    return {**instance_state.outputs(record), "engineVersion": wanted if kept else version}


def _create_operation(inputs: Data) -> tuple[str, str]:
    """The operation that creates the instance, and what the provider's message says of it."""
    if inputs.get("snapshotIdentifier"):
        return "RestoreDBInstanceFromDBSnapshot", "(restore from snapshot) "
    if inputs.get("restoreToPointInTime"):
        return "RestoreDBInstanceToPointInTime", "(restore to point-in-time) "
    return "CreateDBInstance", ""


def _request(record: Data, inputs: Data) -> Data:
    """The parameters of the request; a restored instance takes some of them from its source."""
    restored = {key: record[key] for key in ("engineVersion", "allocatedStorage", "username")}
    zone = {"availabilityZone": inputs.get("availabilityZone")}
    return {**record, **inputs, **restored, **zone}
