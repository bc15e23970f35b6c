"""Resources of a Terraform provider."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import NOTHING, Inputs, Resource
from sandbox.providers.framework.values import UNKNOWN, Path, at


class BridgedResource(Resource):
    """Compares new inputs with the state, as Terraform does, not with the old inputs."""

    computed: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the cloud fills in if they are not set; removing one is not a change.

    A nested one is written as `settings.diskSize`.
    """

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        return {key: state[key] for key in self.inputs if key in state}

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        # Terraform does not distinguish an empty value from an unset one.
        was, wanted = at(old, path), at(new, path)
        named = ".".join(step for step in path if isinstance(step, str))
        return bool(wanted) or (bool(was) and named not in self.computed)

    def inputs_of(
        self, state: dict[str, Any], old: dict[str, Any], before: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        if old:
            return _like(old, state, self.inputs)
        # An import treats an empty value as unset.
        return _without_empty(super().inputs_of(state, old, before))

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        unknown = dict.fromkeys((*self.outputs, *self.computed), UNKNOWN)
        return {**unknown, **{key: value for key, value in inputs.items() if value is not None}}

    def unready(
        self, op: Operation, id: str, error: Failure, outputs: Mapping[str, Any] = NOTHING
    ) -> InitFailed:
        """The error of a creation that failed once the resource existed.

        Its state has the inputs and no more outputs than the provider had read before.
        """
        return InitFailed(id, dict(outputs), f"creating {op.urn}: {error}")

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Update the resource; if that fails, the state still gets the planned values.

        Terraform's SDK does the same: the next update finds no difference and only reads. Its
        state then has what the resource has, so that the update after it sends the request again.
        https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go
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

    def planned(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        """The new inputs, with the old values that the cloud has filled in."""
        return self._merged(old, new, self.inputs, "")

    def _planned(self, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        outputs = {key: value for key, value in state.items() if key not in self.inputs}
        return {**outputs, **self.planned(state, inputs)}

    def _merged(
        self, old: Mapping[str, Any], new: Mapping[str, Any], declared: Inputs, prefix: str
    ) -> dict[str, Any]:
        found = {key: each for key, each in new.items() if each is not None}
        for key, known in declared.items():
            was, wanted, path = old.get(key), found.get(key), f"{prefix}{key}"
            if wanted is None and was is not None and path in self.computed:
                found[key] = was
            elif known.fields and isinstance(was, dict) and isinstance(wanted, dict):
                found[key] = self._merged(was, wanted, known.fields, f"{path}.")
        return found


def _like(old: Mapping[str, Any], state: Mapping[str, Any], declared: Inputs) -> dict[str, Any]:
    """The state's values of the given inputs, also within objects."""
    found: dict[str, Any] = {}
    for key, value in old.items():
        now, fields = state.get(key, value), declared[key].fields if key in declared else {}
        nested = fields and isinstance(value, dict) and isinstance(now, dict)
        found[key] = _like(value, now, fields) if nested else now
    return found


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not empty, also within objects; a zero is not empty."""
    found = {
        key: _without_empty(each) if isinstance(each, dict) else each
        for key, each in values.items()
    }
    return {key: each for key, each in found.items() if each or each == 0}
