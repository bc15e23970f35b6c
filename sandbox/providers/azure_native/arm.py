"""A resource type of azure-native: how the provider checks, compares, writes and reads it.

From the sources of pulumi-azure-native 3 (provider.go, diff.go): Create looks first whether the
resource exists; Create and Update send all inputs in a PUT; the state holds outputs only; a refresh
projects what changed in the outputs into the inputs.
"""

import datetime
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.azure_native import checks, ids, locks, shape
from sandbox.providers.azure_native.errors import no_group, not_found, reported
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import NOTHING, Problem, Resource
from sandbox.providers.framework.values import UNKNOWN, Path, at

STATE = "__state"
STABLE = ("name", "location")
"""Outputs that stay known at the preview of an update."""


class ArmResource(Resource):
    """One resource type."""

    kind: ClassVar[str]
    """The key of the account's data that holds the records."""
    path: ClassVar[str]
    api: ClassVar[str]
    """The version of the API that this SDK uses."""
    responses: ClassVar[Mapping[str, frozenset[str]]]
    """The outputs, and the fields of those that are objects."""
    name_key: ClassVar[str]
    autonames: ClassVar[bool] = False
    limits: ClassVar[checks.Limits] = {}
    """The lengths and the pattern of strings that Check tests."""
    create_timeout = 7200
    update_timeout = 7200
    delete_timeout = 7200

    # Check and Diff.

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """Fill in name, location and API version; check lengths and patterns."""
        for key in [key for key, value in inputs.items() if value is None]:
            del inputs[key]
        yield from checks.fill_name(op, inputs, old, self.name_key, automatic=self.autonames)
        if "location" in self.inputs and "location" not in inputs:
            yield from checks.fill_location(op, inputs, old)
        inputs.setdefault("azureApiVersion", self.api)
        yield from checks.beyond(inputs, self.limits)

    def before(self, inputs: Data, state: Data) -> Data:
        return {**inputs, STATE: state}

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path == ("location",):
            return _plain(old.get("location")) != _plain(new.get("location"))
        return path[0] != STATE

    def replaces(self, path: Path, old: Data, new: Data) -> bool:
        """Whether a top-level input replaces; parts of an object never do.

        A new input that equals the output does not either.
        """
        declared = self.inputs.get(str(path[0]))
        if declared is None or not declared.replaces:
            return False
        was = old.get(STATE, {}).get(path[0])
        added = path[0] not in old and was is not None
        return not (added and was == at(new, path))

    def delete_before_replace(self, old: Data, new: Data) -> bool:
        return not old.get(checks.AUTONAMED)

    # Previews.

    def preview_create(self, op: Operation, inputs: Data) -> Data:
        given = shape.known(inputs, self.inputs) | {"azureApiVersion": self.api}
        return {
            key: _unknown_fields(given[key], fields) if key in given else UNKNOWN
            for key, fields in self.responses.items()
        }

    def preview_update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        stable = {key: state[key] for key in STABLE if key in state}
        return {**self.preview_create(op, inputs), **stable}

    # Create, Read, Update, Delete.

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        cloud = Subscription.of(op)
        id = self.id_of(cloud, inputs)
        with reported(), cloud.transaction() as data:
            self.require_absent(data, id)
            self.write(cloud, data, id, inputs)
        return id, self.read_outputs(cloud, id)

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Send all inputs; what they omit keeps its value."""
        cloud = Subscription.of(op)
        with reported(), cloud.transaction() as data:
            self.write(cloud, data, id, inputs)
        return self.read_outputs(cloud, id)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        cloud = Subscription.of(op)
        data = cloud.read()
        record = self.find(data, id)
        return self.described(data, record) if record else None

    def delete(self, op: Operation, id: str, state: Data) -> None:
        with reported(), Subscription.of(op).transaction() as data:
            record = self.find(data, id)
            if record is None:
                return
            locks.refuse_deletion(data, id)
            self.refuse_deletion(data, record)
            data[self.kind].pop(ids.key(id))

    def state_of(self, inputs: Data, outputs: Data) -> Data:
        return outputs

    def inputs_of(self, state: Data, old: Data, before: Mapping[str, Any] = NOTHING) -> Data:
        outputs = {key: value for key, value in state.items() if key != "id"}
        after = shape.known(outputs, self.inputs)
        if old:
            return shape.projected(old, shape.known(before, self.inputs), after)
        in_path = ids.parameters(self.path, state["id"]) or {}
        in_path.pop("subscriptionId", None)
        return {**after, **in_path, "azureApiVersion": self.api}

    # What a resource type defines.

    def id_of(self, cloud: Subscription, inputs: Data) -> str:
        """The ID of the resource with these inputs."""
        return ids.resource(self.path, cloud.scope, inputs)

    def find(self, data: Data, id: str) -> Data | None:
        """The stored record."""
        return data[self.kind].get(ids.key(id))

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        """The record after a PUT of the body; ApiError if the service refuses it."""
        raise NotImplementedError

    def outputs_of(self, data: Data, record: Data) -> Data:
        """The outputs that differ from the record."""
        return {}

    def refuse_deletion(self, data: Data, record: Data) -> None:
        """Raise ApiError if the service refuses the deletion."""

    # Shared steps.

    def require_absent(self, data: Data, id: str) -> None:
        """The provider's look-up before a creation."""
        if self.find(data, id) is not None:
            raise Failure(f"cannot create already existing resource '{id}'")

    def body(self, inputs: Data) -> Data:
        """What the provider sends: the declared inputs without those of the path."""
        found = shape.known(inputs, self.inputs)
        return {key: value for key, value in found.items() if f"{{{key}}}" not in self.path}

    def write(self, cloud: Subscription, data: Data, id: str, inputs: Data) -> None:
        """Handle a PUT."""
        require_group(data, id)
        locks.refuse_write(data, id)
        old = self.find(data, id) or {"id": id, "created": now()}
        data[self.kind][ids.key(id)] = self.written(cloud, data, id, self.body(inputs), old)

    def read_outputs(self, cloud: Subscription, id: str) -> Data:
        """What the provider reads after a write."""
        data = cloud.read()
        record = self.find(data, id)
        if record is None:
            raise Failure(str(not_found(id)))
        found = self.described(data, record)
        found.pop("id")
        return found

    def described(self, data: Data, record: Data) -> Data:
        """All outputs of a record, and its ID."""
        stamp = {"createdAt": record.get("created"), "createdByType": "Application"}
        found = {
            "name": ids.name_of(record["id"]),
            "type": ids.type_of(record["id"]),
            "provisioningState": "Succeeded",
            "etag": f'W/"{uuid.uuid5(uuid.NAMESPACE_URL, repr(record))}"',
            "systemData": stamp,
            **record,
            **self.outputs_of(data, record),
            "azureApiVersion": self.api,
        }
        return {
            **{key: found[key] for key in self.responses if found.get(key) is not None},
            "id": record["id"],
        }


def require_group(data: Data, id: str) -> None:
    """Refuse an ID in a resource group that does not exist."""
    group = ids.group_of(id)
    if group and group.lower() not in data["groups"]:
        raise no_group(group)


def now() -> str:
    """The current time as the API writes it."""
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(location: Any) -> Any:
    """A location without what the provider ignores."""
    return location.lower().replace(" ", "") if isinstance(location, str) else location


def _unknown_fields(value: Any, fields: frozenset[str]) -> Any:
    if not fields or not isinstance(value, Mapping):
        return value
    return {**dict.fromkeys(fields, UNKNOWN), **value}
