"""The declaration of one resource type."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.values import UNKNOWN, Path, changed_paths

NOTHING: Mapping[str, Any] = MappingProxyType({})
Kind = Literal["string", "integer", "number", "boolean", "object", "map", "list", "any"]


@dataclass(frozen=True)
class Input:
    """One input."""

    kind: Kind = "any"
    required: bool = False
    secret: bool = False
    replaces: bool = False
    """A change of any part replaces the resource."""
    default: Any = None
    fields: "Inputs" = field(default_factory=dict)
    """The fields of an object, or of each object of a list or map; empty: any."""
    items: Kind = "any"
    """The type of each value of a list or map."""


@dataclass(frozen=True)
class Output:
    """One output that is not an input."""

    secret: bool = False
    volatile: bool = False
    """Unknown again at the preview of every update."""


@dataclass(frozen=True)
class Problem:
    """Why Check refuses an input; `property` may be empty."""

    property: str
    reason: str


Inputs = Mapping[str, Input]
Outputs = Mapping[str, Output]


class Resource:
    """One resource type.

    Values are plain Python. Each method runs in a separate thread and may block in
    `Operation.sleep`, which raises at the timeout or when the update is cancelled.
    """

    type: ClassVar[str]
    inputs: ClassVar[Inputs] = {}
    outputs: ClassVar[Outputs] = {}
    create_timeout: float = 600
    update_timeout: float = 600
    delete_timeout: float = 600

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Fill in names and defaults in place; yield problems beyond the declaration."""
        return ()

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """The values to compare new inputs with: the old inputs, or those stored in the state."""
        return inputs

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether the difference at the path counts as a change."""
        return True

    def replaces(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether the change at the path replaces the resource."""
        return any(declared.replaces for declared in self.declared(path))

    def delete_before_replace(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether the original must be deleted before its replacement is created."""
        return False

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """The outputs to show at the preview of a creation."""
        return {**dict.fromkeys(self.outputs, UNKNOWN), **inputs}

    def preview_update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """The outputs to show at the preview of an update."""
        computed = {
            name: UNKNOWN if output.volatile else state[name]
            for name, output in self.outputs.items()
            if output.volatile or name in state
        }
        return {**computed, **inputs}

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Create the resource; return its ID and the outputs that are not inputs."""
        raise NotImplementedError

    def state_of(self, inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
        """The state after an operation that returned these outputs."""
        return {**inputs, **outputs}

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """Read the current inputs and outputs; None if the resource no longer exists."""
        return state

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Update the resource; return the outputs that are not inputs."""
        raise NotImplementedError

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        """Delete the resource; it is not an error if it does not exist."""

    def inputs_of(
        self, state: dict[str, Any], old: dict[str, Any], before: Mapping[str, Any] = NOTHING
    ) -> dict[str, Any]:
        """The inputs that correspond to the read state, from the old inputs and the state `before`.

        At an import, `old` and `before` are empty.
        """
        if old:
            return {key: state.get(key, value) for key, value in old.items()}
        return {
            key: state[key]
            for key, declared in self.inputs.items()
            if state.get(key) is not None and state[key] != declared.default
        }

    def secrets(self, values: Mapping[str, Any]) -> Iterator[Path]:
        """The paths that are declared secret."""
        for name in values:
            declared = self.inputs.get(name) or self.outputs.get(name)
            if declared and declared.secret:
                yield (name,)

    def declared(self, path: Path) -> Iterator[Input]:
        """The declarations along a path, outermost first."""
        known: Inputs = self.inputs
        for step in path:
            if isinstance(step, str) and step in known:
                yield known[step]
                known = known[step].fields

    def changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Path]:
        """The paths of changed inputs."""
        return [path for path in changed_paths(old, new) if self.differs(path, old, new)]


Resources = Mapping[str, Resource]


def by_type(*resources: Resource) -> Resources:
    """The resources by their type's token."""
    return {resource.type: resource for resource in resources}
