"""The common base of RDS subnet groups and parameter groups."""

from typing import ClassVar

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.tags import tags_all
from sandbox.providers.bridged.naming import chosen_name
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation

DESCRIPTION = "Managed by Pulumi"


class Group(BridgedResource):
    """A group to which instances refer by its name."""

    kind: ClassVar[str]
    noun: ClassVar[str]
    reference: ClassVar[str]
    """The input of an instance that names the group."""
    in_use: ClassVar[tuple[str, str]]
    missing: ClassVar[tuple[str, str]]
    modifying: ClassVar[str] = "updating"

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        return Region.of(op, state).read()[self.kind].get(id)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        region, chosen = Region.of(op, inputs), chosen_name(inputs).lower()
        try:
            with region.transaction() as data:
                self.refuse(data, inputs)
                if chosen in data[self.kind]:
                    code = f"{self.noun.replace(' ', '')}AlreadyExists"
                    raise ApiError(code, f"{self.noun} {chosen} already exists")
                found = data[self.kind][chosen] = self.described(op, region, data, chosen, inputs)
        except ApiError as error:
            raise self.failed("creating", chosen, f"Create{self.noun}", error) from None
        return chosen, found

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Send what differs from the state; only read the group if nothing does."""
        region = Region.of(op, inputs)
        changed = {str(path[0]) for path in self.changes(self.before({}, state), inputs)}
        try:
            with region.transaction() as data:
                if id not in data[self.kind]:
                    code, message = self.missing
                    raise ApiError(code, message.format(id))
                found = data[self.kind][id]
                if changed:
                    kept = {key: found[key] for key in self.inputs.keys() - changed if key in found}
                    self.refuse(data, {**inputs, **kept}, id)
                    found = self.described(op, region, data, id, {**inputs, **kept})
                    data[self.kind][id] = found
        except ApiError as error:
            raise self.failed(self.modifying, id, f"Modify{self.noun}", error) from None
        return found

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete the group, unless an instance uses it."""
        try:
            with Region.of(op, state).transaction() as data:
                if self.users(data, id):
                    code, message = self.in_use
                    raise ApiError(code, message.format(id))
                data[self.kind].pop(id, None)
        except ApiError as error:
            raise self.failed("deleting", id, f"Delete{self.noun}", error) from None

    def failed(self, doing: str, id: str, operation: str, error: ApiError) -> Failure:
        """The provider's error message that contains the API's."""
        return failure(f"{doing} RDS {self.noun} ({id})", operation.replace(" ", ""), error)

    def users(self, data: Data, id: str) -> list[Data]:
        """The instances that use the group."""
        return [each for each in data["instances"].values() if each.get(self.reference) == id]

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """Raise the API's error if it refuses the inputs."""
        raise NotImplementedError

    def described(self, op: Operation, region: Region, data: Data, id: str, inputs: Data) -> Data:
        """The record of the group that is stored."""
        return {
            **{key: value for key, value in inputs.items() if value is not None},
            "name": id,
            "namePrefix": inputs.get("namePrefix") or "",
            "region": region.scope,
            "tags": inputs.get("tags") or {},
            "tagsAll": tags_all(op, inputs),
        }
