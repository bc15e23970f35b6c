"""Objects of any kind: applied, awaited, read and deleted as pulumi-kubernetes does."""

from typing import Any

from sandbox.providers.framework.provider import Failure, InitFailed, Operation
from sandbox.providers.framework.values import has_unknown
from sandbox.providers.kubernetes import awaiting, words
from sandbox.providers.kubernetes.cluster import ApiError, NoMatch
from sandbox.providers.kubernetes.comparison import ComparedObject
from sandbox.providers.kubernetes.shape import (
    annotation,
    fold_string_data,
    full_name,
    prune,
    reference,
    without_server_fields,
)

_MANAGER = "__fieldManager"
_API_VERSION = "__initialApiVersion"
_TAKEN_OVER = ("kubectl", "before-first-apply")
"""Field managers of people's own edits, which an update of ours undoes."""
_RETRIES = 5
"""Of a creation whose namespace or kind is not there yet; the pauses double."""


class KubernetesObject(ComparedObject):
    """One kind of objects."""

    # Creation.

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """What the server would make of it; what is wrong with it fails the preview."""
        if has_unknown(inputs) or self.cluster.unreachable:
            return inputs
        try:
            if self._taken(inputs):
                return inputs
            made = self._apply(op, inputs, self._new_manager(op, inputs), None)
        except NoMatch:
            return inputs
        except ApiError as error:
            if error.missing_namespace or error.reason == "Forbidden":
                return inputs
            raise words.not_created(op, error) from error
        made.pop("status", None)
        return made

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Apply it, unless it is there already, and wait until it does its work."""
        self._must_be_reachable()
        manager = self._new_manager(op, inputs)
        made = self._created(op, inputs, manager)
        try:
            live = awaiting.ready(op, self.cluster, made, None)
        except awaiting.NotReady as failed:
            summary = words.created_unready(op, failed)
            state = self._state(failed.live, manager, inputs)
            raise InitFailed(full_name(made), state, summary, *failed.reasons) from failed
        return full_name(live), self._state(live, manager, inputs)

    def _created(self, op: Operation, inputs: dict[str, Any], manager: str) -> dict[str, Any]:
        for attempt in range(_RETRIES + 1):
            try:
                if self._taken(inputs):
                    kind = self.cluster.kind(self.api_version, self.kind)
                    raise words.exists(op, kind.resource, inputs["metadata"]["name"])
                return self._apply(op, inputs, manager, None)
            except (ApiError, NoMatch) as error:
                passing = isinstance(error, NoMatch) or error.reason == "NotFound"
                if passing and attempt < _RETRIES:
                    op.status(f"Retry #{attempt}; creation failed: {error}")
                    op.sleep(2**attempt)
                elif isinstance(error, NoMatch):
                    kind = f"{self.api_version}/{self.kind}"
                    raise words.unknown_kind(op, kind, error) from error
                else:
                    raise words.not_created(op, error) from error
        raise AssertionError("the last attempt returns or raises")

    def _taken(self, inputs: dict[str, Any]) -> bool:
        """Whether there is such an object already, and it may not be overwritten."""
        upsert = self.provider.enabled("upsertExistingObjects")
        return not upsert and self.cluster.get(inputs) is not None

    # Update.

    def preview_update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """What the server would make of the change."""
        if has_unknown(inputs) or self.cluster.unreachable:
            return inputs
        return self._updated(op, state, inputs)

    def update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """Apply the change and wait until it has taken effect."""
        self._must_be_reachable()
        return self._updated(op, state, inputs)

    def _updated(
        self, op: Operation, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        manager = str(state.get(_MANAGER) or self._new_manager(op, inputs))
        live = self.cluster.get(reference(state))
        if live is None:
            gone = f'{self.kind} "{state["metadata"]["name"]}" not found'
            raise Failure(
                f'update of resource "{op.urn}" failed: {gone}\nunable to get cluster state: {gone}'
            )
        try:
            changed = self._apply(op, inputs, manager, live)
            if op.preview:
                return self._state(changed, manager, inputs)
            return self._state(awaiting.ready(op, self.cluster, changed, live), manager, inputs)
        except (Failure, awaiting.NotReady) as error:
            if op.preview and isinstance(error, ApiError) and error.reason == "Forbidden":
                return inputs
            name = full_name(live)
            summary = words.updated_unready(name, error)
            now = self.cluster.get(reference(state)) or live
            reasons = error.reasons if isinstance(error, awaiting.NotReady) else ()
            state = self._state(now, manager, inputs)
            raise InitFailed(name, state, summary, *reasons) from error

    def _apply(
        self,
        op: Operation,
        inputs: dict[str, Any],
        manager: str,
        live: dict[str, Any] | None,
    ) -> dict[str, Any]:
        force = annotation(inputs, "pulumi.com/patchForce") == "true"
        force = force or self.provider.enabled("enablePatchForce") or _edited_by_hand(live)
        try:
            return self.cluster.apply(inputs, manager, force, op.preview)
        except ApiError as error:
            if error.reason == "Conflict":
                raise words.conflict(manager, error) from error
            raise

    # Reading and deletion.

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """The object as it is; one that does not do its work is said to be so."""
        if self.cluster.unreachable:
            op.warn(words.unreachable(self.cluster.unreachable))
            if self.provider.enabled("deleteUnreachable"):
                return None
            raise Failure(words.UNREADABLE)
        namespace, _, name = id.rpartition("/")
        wanted = {
            "apiVersion": state.get("apiVersion") or self.api_version,
            "kind": self.kind,
            "metadata": {"name": name, "namespace": namespace},
        }
        try:
            live = self.cluster.get(wanted)
        except NoMatch:
            return None
        if live is None:
            return None
        manager = str(state.get(_MANAGER) or self._new_manager(op, live))
        found = self._state(live, manager, live)
        if state:
            problem = awaiting.unready(op, self.cluster, live)
            if problem:
                raise InitFailed(id, found, str(problem), *problem.reasons)
        return found

    def inputs_of(self, state: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """The part of the object that the program gave; at an import all that can be given."""
        return prune(state, fold_string_data(old)) if old else without_server_fields(state)

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        """Delete it and wait until it is gone."""
        if self.cluster.unreachable:
            op.warn(words.unreachable(self.cluster.unreachable))
            if self.provider.enabled("deleteUnreachable"):
                return
            raise Failure(words.UNDELETABLE)
        propagation = annotation(state, "pulumi.com/deletionPropagationPolicy") or "foreground"
        try:
            self.cluster.delete(reference(state), propagation.capitalize())
        except NoMatch:
            return
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return
        awaiting.gone(op, self.cluster, reference(state), state)

    def _must_be_reachable(self) -> None:
        if reason := self.cluster.unreachable:
            raise Failure(words.unreachable(reason))

    def _new_manager(self, op: Operation, inputs: dict[str, Any]) -> str:
        chosen = annotation(inputs, "pulumi.com/patchFieldManager")
        return chosen or f"pulumi-kubernetes-{op.unique(8)}"

    def _state(self, live: dict[str, Any], manager: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return {**live, _MANAGER: manager, _API_VERSION: inputs["apiVersion"]}


def _edited_by_hand(live: dict[str, Any] | None) -> bool:
    entries = ((live or {}).get("metadata") or {}).get("managedFields") or []
    return any(entry.get("manager", "").startswith(_TAKEN_OVER) for entry in entries)
