"""Objects of any kind: named, compared, applied and deleted as pulumi-kubernetes does."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.plugins.base import Failure, InitFailed, Operation, Problem, Resource
from sandbox.plugins.kubernetes import awaiting
from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, NoMatch
from sandbox.plugins.kubernetes.shape import (
    REPLACING,
    annotation,
    fold_string_data,
    full_name,
    prune,
    same,
    without_nulls,
    without_server_fields,
)
from sandbox.plugins.values import Path, at, has_unknown

if TYPE_CHECKING:
    from sandbox.plugins.kubernetes.provider import Kubernetes

AUTONAMED = "pulumi.com/autonamed"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
_MANAGER = "__fieldManager"
_API_VERSION = "__initialApiVersion"
_TAKEN_OVER = ("kubectl", "before-first-apply")
"""Field managers of people's own edits, which an update of ours undoes."""
_RETRIES = 5
"""Of a creation whose namespace or kind is not there yet; the pauses double."""
_EXISTS_ADVICE = """

The resource already exists in the cluster. This can happen when:
  - it was renamed or moved in the program: add an alias, or set the `deleteBeforeReplace` option
  - only some of its fields are to be managed here: use the kind's Patch resource
  - it is to be managed here from now on: bring it into the stack with `pulumi import`
  - whatever exists may be overwritten: set the provider's `upsertExistingObjects` option"""


class KubernetesObject(Resource):
    """One kind of objects."""

    strict: ClassVar[bool] = False

    def __init__(self, provider: "Kubernetes", type: str) -> None:
        self._provider = provider
        module, _, self._kind = type.removeprefix("kubernetes:").rpartition(":")
        self._api_version = module.removeprefix("core/")

    @property
    def _cluster(self) -> Cluster:
        return self._provider.cluster

    # Names and inputs.

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Give it a name and a namespace, and a Secret's text the form that the server keeps."""
        if self._kind.endswith("Patch") and "apiVersion" in inputs:
            raise Failure(f"{self._kind}: Patch resources are not available in the sandbox")
        if self._kind.endswith("List"):
            raise Failure(
                "list resources exist for compatibility with YAML manifests and Helm charts, "
                "and cannot be created directly. Use the underlying resource type instead"
            )
        kept = without_nulls(inputs)
        inputs.clear()
        inputs.update(fold_string_data(kept))
        inputs.setdefault("apiVersion", self._api_version)
        inputs.setdefault("kind", self._kind)
        metadata = inputs.setdefault("metadata", {})
        if isinstance(metadata, dict):
            self._name(op, metadata, old)
            if not metadata.get("namespace") and self._namespaced():
                metadata["namespace"] = self._cluster.namespace
        return ()

    def _name(self, op: Operation, metadata: dict[str, Any], old: dict[str, Any]) -> None:
        if metadata.get("generateName"):
            raise Failure(
                "the `.metadata.generateName` field is not supported in Server-Side Apply mode"
            )
        if metadata.get("name"):
            return
        if annotation(old, AUTONAMED) == "true":
            metadata["name"] = old["metadata"]["name"]
        else:
            metadata["name"] = f"{op.name}-{op.unique(8)}"
        metadata.setdefault("annotations", {})[AUTONAMED] = "true"

    def _namespaced(self) -> bool:
        if self._cluster.unreachable:
            return False
        try:
            return self._cluster.kind(self._api_version, self._kind).namespaced
        except NoMatch:
            return True

    def secrets(self, values: Mapping[str, Any]) -> Iterator[Path]:
        """What a Secret holds."""
        if self._kind == "Secret":
            yield from ((key,) for key in ("data", "stringData") if key in values)

    # Comparison.

    def before(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        """What was found in the cluster, in the shape of the old inputs."""
        return prune(state, fold_string_data(inputs)) if inputs else state

    def differs(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """What the server only writes otherwise is no change."""
        return not same(at(old, path), at(new, path), path)

    def replaces(self, path: Path, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Another name, or a part that this kind does not let change."""
        if path == ("metadata",):
            return True
        return any(path[: len(fixed)] == fixed for fixed in self._fixed(new))

    def _fixed(self, inputs: dict[str, Any]) -> Iterator[Path]:
        yield ("metadata", "name")
        yield ("metadata", "namespace")
        mutable = {"Secret": "enableSecretMutable", "ConfigMap": "enableConfigMapMutable"}
        setting = mutable.get(self._kind, "")
        if setting and self._provider.enabled(setting) and inputs.get("immutable") is not True:
            yield from (("type",) for _ in range(self._kind == "Secret"))
        else:
            yield from REPLACING.get(self._kind, ())

    def forced_replacements(
        self, op: Operation, state: dict[str, Any], new: dict[str, Any]
    ) -> Iterable[str]:
        """A Job that is not complete, where the program asks for it."""
        if annotation(new, REPLACE_UNREADY) != "true":
            return
        if self._cluster.unreachable:
            op.warn("Cluster is unreachable, skipping replaceUnready check")
        elif self._kind != "Job":
            op.warn("replaceUnready annotation is not supported for this resource")
        else:
            live = self._cluster.get(self._reference(state))
            if live is not None and not awaiting.job_complete(live):
                yield f'.metadata.annotations["{REPLACE_UNREADY}"]'

    def delete_before_replace(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """What a person named can't exist twice in one namespace."""
        if annotation(new, AUTONAMED) == "true":
            return False
        return all(
            at(old, ("metadata", key)) == at(new, ("metadata", key))
            for key in ("name", "namespace")
        )

    # Creation.

    def preview_create(self, op: Operation, inputs: dict[str, Any]) -> dict[str, Any]:
        """What the server would make of it; what is wrong with it fails the preview."""
        if has_unknown(inputs) or self._cluster.unreachable:
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
            raise self._not_created(op, error) from error
        made.pop("status", None)
        return made

    def create(self, op: Operation, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Apply it, unless it is there already, and wait until it does its work."""
        self._must_be_reachable()
        manager = self._new_manager(op, inputs)
        made = self._created(op, inputs, manager)
        try:
            live = awaiting.ready(op, self._cluster, made, None)
        except awaiting.NotReady as failed:
            summary = (
                f'resource "{op.urn}" was successfully created, but the Kubernetes API server '
                f"reported that it failed to fully initialize or become live: {failed}"
            )
            state = self._state(failed.live, manager, inputs)
            raise InitFailed(full_name(made), state, summary, *failed.reasons) from failed
        return full_name(live), self._state(live, manager, inputs)

    def _created(self, op: Operation, inputs: dict[str, Any], manager: str) -> dict[str, Any]:
        for attempt in range(_RETRIES + 1):
            try:
                if self._taken(inputs):
                    raise self._exists(op, inputs)
                return self._apply(op, inputs, manager, None)
            except (ApiError, NoMatch) as error:
                passing = isinstance(error, NoMatch) or error.reason == "NotFound"
                if not passing or attempt == _RETRIES:
                    raise self._not_created(op, error) from error
                op.status(f"Retry #{attempt}; creation failed: {error}")
                op.sleep(2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _taken(self, inputs: dict[str, Any]) -> bool:
        """Whether there is such an object already, and it may not be overwritten."""
        upsert = self._provider.enabled("upsertExistingObjects")
        return not upsert and self._cluster.get(inputs) is not None

    def _exists(self, op: Operation, inputs: dict[str, Any]) -> Failure:
        plural = self._cluster.kind(inputs["apiVersion"], inputs["kind"]).plural
        group = inputs["apiVersion"].rpartition("/")[0]
        resource = f"{plural}.{group}" if group else plural
        return Failure(
            f'resource "{op.urn}" was not successfully created by the Kubernetes API server: '
            f'{resource} "{inputs["metadata"]["name"]}" already exists{_EXISTS_ADVICE}'
        )

    def _not_created(self, op: Operation, error: Failure) -> Failure:
        if isinstance(error, NoMatch):
            kind = f"{self._api_version}/{self._kind}"
            return Failure(
                f'creation of resource "{op.urn}" with kind {kind} failed because the Kubernetes '
                "API server reported that the apiVersion for this resource does not exist. "
                f"Verify that any required CRDs have been created: {error}"
            )
        return Failure(
            f'resource "{op.urn}" was not successfully created by the Kubernetes API server: '
            f"{error}"
        )

    # Update.

    def preview_update(
        self, op: Operation, id: str, state: dict[str, Any], inputs: dict[str, Any]
    ) -> dict[str, Any]:
        """What the server would make of the change."""
        if has_unknown(inputs) or self._cluster.unreachable:
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
        live = self._cluster.get(self._reference(state))
        if live is None:
            gone = f'{self._kind} "{state["metadata"]["name"]}" not found'
            raise Failure(
                f'update of resource "{op.urn}" failed: {gone}\nunable to get cluster state: {gone}'
            )
        try:
            changed = self._apply(op, inputs, manager, live)
            if op.preview:
                return self._state(changed, manager, inputs)
            return self._state(awaiting.ready(op, self._cluster, changed, live), manager, inputs)
        except (ApiError, awaiting.NotReady) as error:
            if op.preview and isinstance(error, ApiError) and error.reason == "Forbidden":
                return inputs
            name = full_name(live)
            summary = (
                f'the Kubernetes API server reported that "{name}" failed to fully initialize '
                f"or become live: {error}"
            )
            now = self._cluster.get(self._reference(state)) or live
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
        force = force or self._provider.enabled("enablePatchForce") or _edited_by_hand(live)
        try:
            return self._cluster.apply(inputs, manager, force, op.preview)
        except ApiError as error:
            if error.reason == "Conflict":
                raise Failure(_conflict(manager, error)) from error
            raise

    # Reading and deletion.

    def read(self, op: Operation, id: str, state: dict[str, Any]) -> dict[str, Any] | None:
        """The object as it is; one that does not do its work is said to be so."""
        if self._cluster.unreachable:
            op.warn(f"configured Kubernetes cluster is unreachable: {self._cluster.unreachable}")
            if self._provider.enabled("deleteUnreachable"):
                return None
            raise Failure(
                "failed to read resource state due to unreachable cluster. If the cluster was "
                "deleted, you can remove this resource from Pulumi state by rerunning the "
                "operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "
                '"true"'
            )
        namespace, _, name = id.rpartition("/")
        reference = {
            "apiVersion": state.get("apiVersion") or self._api_version,
            "kind": self._kind,
            "metadata": {"name": name, "namespace": namespace},
        }
        try:
            live = self._cluster.get(reference)
        except NoMatch:
            return None
        if live is None:
            return None
        manager = str(state.get(_MANAGER) or self._new_manager(op, live))
        found = self._state(live, manager, live)
        if state:
            problem = awaiting.unready(op, self._cluster, live)
            if problem:
                raise InitFailed(id, found, str(problem), *problem.reasons)
        return found

    def inputs_of(self, state: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        """The part of the object that the program gave; at an import all that can be given."""
        return prune(state, fold_string_data(old)) if old else without_server_fields(state)

    def delete(self, op: Operation, id: str, state: dict[str, Any]) -> None:
        """Delete it and wait until it is gone."""
        if self._cluster.unreachable:
            op.warn(f"configured Kubernetes cluster is unreachable: {self._cluster.unreachable}")
            if self._provider.enabled("deleteUnreachable"):
                return
            raise Failure(
                "configured Kubernetes cluster is unreachable. If the cluster was deleted, you "
                "can remove this resource from Pulumi state by rerunning the operation with the "
                'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
            )
        propagation = annotation(state, "pulumi.com/deletionPropagationPolicy") or "foreground"
        try:
            self._cluster.delete(self._reference(state), propagation.capitalize())
        except NoMatch:
            return
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            return
        awaiting.gone(op, self._cluster, self._reference(state), state)

    def _reference(self, state: dict[str, Any]) -> dict[str, Any]:
        return {key: state[key] for key in ("apiVersion", "kind", "metadata")}

    def _must_be_reachable(self) -> None:
        if reason := self._cluster.unreachable:
            raise Failure(f"configured Kubernetes cluster is unreachable: {reason}")

    def _new_manager(self, op: Operation, inputs: dict[str, Any]) -> str:
        chosen = annotation(inputs, "pulumi.com/patchFieldManager")
        return chosen or f"pulumi-kubernetes-{op.unique(8)}"

    def _state(self, live: dict[str, Any], manager: str, inputs: dict[str, Any]) -> dict[str, Any]:
        return {**live, _MANAGER: manager, _API_VERSION: inputs["apiVersion"]}


def _edited_by_hand(live: dict[str, Any] | None) -> bool:
    entries = ((live or {}).get("metadata") or {}).get("managedFields") or []
    return any(entry.get("manager", "").startswith(_TAKEN_OVER) for entry in entries)


def _conflict(manager: str, error: ApiError) -> str:
    return (
        "Server-Side Apply field conflict detected. See https://www.pulumi.com/registry/packages/"
        "kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
        "#handle-field-conflicts-on-existing-resources for troubleshooting help.\n"
        f'The resource managed by field manager "{manager}" had an apply conflict: {error}'
    )
