"""Interrupted operations: created resources are imported, changed ones refreshed."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from recovery import helm, processes
from recovery.commands import RecoveryError
from recovery.releases import Releases
from recovery.stack import Stack
from recovery.state import Operation, Resource, State
from recovery.step import Step

ImportIds = Mapping[str, Callable[[Mapping[str, Any]], str]]
"""How the ID for `pulumi import` follows from the inputs, for each resource type.

They get the stack's `clusterIdentifier`, too.
"""

_KUBERNETES = "kubernetes:"
_STATE_ONLY = ("pulumi:", "random:")
"""Types whose resources exist only in the state: creating them again loses nothing."""


class Operations:
    """A stack's interrupted operations."""

    def __init__(
        self, stack: Stack, state: State, releases: Releases, import_ids: ImportIds
    ) -> None:
        self._stack = stack
        self._state = state
        self._releases = releases
        self._import_ids = import_ids
        self._adopted: set[str] = set()
        """URNs that an earlier step imports."""

    def steps(self) -> Iterator[Step]:
        """The repairs; the last one removes the operations from the state."""
        pending = self._state.pending
        creations = [self._creation(item.resource) for item in pending if item.kind == "creating"]
        others = [item for item in pending if item.kind != "creating"]
        yield from creations
        for item in others:
            yield Step(
                found=f"{item.resource} was interrupted while {item.kind}",
                remedy="refresh it (pulumi refresh)",
            )
        unresolved = any(step.unresolved for step in creations)
        if others or (creations and not unresolved):
            yield Step(
                found="The state records interrupted operations",
                remedy="remove them (pulumi refresh)",
                act=lambda: self._end(others, clear_creations=not unresolved),
            )

    def _end(self, others: list[Operation], *, clear_creations: bool) -> str:
        urns = [item.resource.urn for item in others if self._state.find(item.resource.urn)]
        # Without a target, every resource would be refreshed.
        targets = urns or ([self._state.root] if self._state.root else [])
        self._stack.refresh(targets, clear_creations=clear_creations)
        return "The state records no interrupted operation any more (pulumi refresh)"

    def _creation(self, resource: Resource) -> Step:
        found = f"{resource} was interrupted while creating"
        if resource.type.startswith(_STATE_ONLY):
            return Step(
                found=found, remedy="remove this operation: the resource exists only in the state"
            )
        id = self._id(resource)
        known = self._state.find(resource.urn)
        if known and id and id == self._id(known):
            return Step(
                found=found, remedy="remove this operation: the resource is in the state already"
            )
        if known or not id or resource.urn in self._adopted:
            return self._unknown(found, resource, id)
        try:
            exists = self._exists(resource, id)
        except RecoveryError as problem:
            return Step(
                found=f"{found}; whether {id} exists is not known: {problem}",
                advice=f"solve this for {resource.name}, then run recovery again; do not run "
                "`pulumi up` before",
                unresolved=True,
            )
        if not exists:
            return Step(
                found=f"{found}; it does not exist", remedy="remove this operation from the state"
            )
        self._adopted.add(resource.urn)
        return Step(
            found=f"{found}; {id} exists",
            remedy="import it (pulumi import)",
            act=lambda: self._adopt(resource, id),
        )

    def _adopt(self, resource: Resource, id: str) -> str:
        self._stack.adopt(resource, id)
        return f"{resource} was imported as {id}"

    def _unknown(self, found: str, resource: Resource, id: str) -> Step:
        name = id or _text(resource.inputs.get("name")) or "its name is not known"
        if self._state.find(resource.urn) or resource.urn in self._adopted:
            advice = f"if a second {resource.name} exists ({name}), delete it"
        else:
            advice = (
                f"if {resource.name} exists ({name}), delete it, or import it: "
                f"{self._stack.import_command(resource)}"
            )
        return Step(found=found, remedy="remove this operation from the state", advice=advice)

    def _exists(self, resource: Resource, id: str) -> bool:
        if resource.type == helm.TYPE:
            return self._releases.remains(resource)
        if self._stack.exists(resource, id):
            return True
        if process := processes.orphaned_plugin(resource.type.partition(":")[0]):
            raise RecoveryError(
                f"process {process}, a provider that outlived the killed update, may still make "
                "it: wait for the end of that process"
            )
        return False

    def _id(self, resource: Resource) -> str:
        """The ID for `pulumi import`; empty if it does not follow from the inputs."""
        try:
            if resource.type in self._import_ids:
                known = {"clusterIdentifier": self._state.cluster_identifier, **resource.inputs}
                return _text(self._import_ids[resource.type](known))
            if resource.type == helm.TYPE:
                release = helm.release_of(resource, self._state)
                return f"{release.namespace}/{release.name}"
            if resource.type.startswith(_KUBERNETES):
                metadata = resource.inputs["metadata"]
                names = (metadata.get("namespace"), metadata["name"])
                return "/".join(filter(None, names))
        except (KeyError, TypeError, AttributeError):
            return ""
        return ""


def _text(value: object) -> str:
    """The value, unless it is a secret or no text at all."""
    return value if isinstance(value, str) else ""
