"""Resources of a Terraform provider."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Resource
from sandbox.providers.framework.values import UNKNOWN, Path, at


class BridgedResource(Resource):
    """Compares new inputs with the state, as Terraform does, not with the old inputs."""

    computed: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the cloud fills in if they are not set; removing one is not a change."""

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        return {key: state[key] for key in self.inputs if key in state}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        # Terraform does not distinguish an empty value from an unset one.
        was, wanted = at(old, path), at(new, path)
        return bool(wanted) or (bool(was) and path[0] not in self.computed)

    def inputs_of(self, state: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        found = super().inputs_of(state, old)
        # An import treats an empty value as unset.
        return found if old else {key: each for key, each in found.items() if each or each == 0}

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        unknown = dict.fromkeys((*self.outputs, *self.computed), UNKNOWN)
        return {**unknown, **{key: value for key, value in inputs.items() if value is not None}}

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Update the resource; if that fails, the state still gets the planned values.

        Terraform's SDK does the same: the next update finds no difference, sends no request and
        succeeds.
        """
        try:
            return self.modify(op, id, state, inputs)
        except InitFailed:
            raise
        except Failure as error:
            planned = self._planned(state, inputs)
            raise InitFailed(id, planned, f"updating {op.urn}: {error}") from error

    def modify(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Send the change to the cloud; return the outputs that are not inputs."""
        raise NotImplementedError

    def _planned(self, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        stays = {
            key: value
            for key, value in state.items()
            if key not in self.inputs or key in self.computed
        }
        return {**stays, **{key: each for key, each in inputs.items() if each is not None}}
