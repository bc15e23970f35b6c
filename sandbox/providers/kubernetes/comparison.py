"""Objects before anything is done to them: their names, and what a change of them means."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.providers.framework.provider import Failure, Operation, Problem, Resource
from sandbox.providers.framework.values import Path, at
from sandbox.providers.kubernetes import rules
from sandbox.providers.kubernetes.cluster import Cluster, NoMatch
from sandbox.providers.kubernetes.shape import (
    REPLACING,
    annotation,
    fold_string_data,
    prune,
    reference,
    same,
    without_nulls,
)

if TYPE_CHECKING:
    from sandbox.providers.kubernetes.provider import Kubernetes

AUTONAMED = "pulumi.com/autonamed"
REPLACE_UNREADY = "pulumi.com/replaceUnready"
_MUTABLE = {"Secret": "enableSecretMutable", "ConfigMap": "enableConfigMapMutable"}
"""The settings that let a kind's content change in place."""


class ComparedObject(Resource):
    """What is asked about an object before anything is done to it."""

    strict: ClassVar[bool] = False

    def __init__(self, provider: "Kubernetes", type: str) -> None:
        self.provider = provider
        module, _, self.kind = type.removeprefix("kubernetes:").rpartition(":")
        self.api_version = module.removeprefix("core/")

    @property
    def cluster(self) -> Cluster:
        """Where the objects are."""
        return self.provider.cluster

    # Names and inputs.

    def check(
        self, op: Operation, inputs: dict[str, Any], old: dict[str, Any]
    ) -> Iterable[Problem]:
        """Give it a name and a namespace, and a Secret's text the form that the server keeps."""
        if self.kind.endswith("Patch") and "apiVersion" in inputs:
            raise Failure(f"{self.kind}: Patch resources are not available in the sandbox")
        if self.kind.endswith("List"):
            raise Failure(
                "list resources exist for compatibility with YAML manifests and Helm charts, "
                "and cannot be created directly. Use the underlying resource type instead"
            )
        kept = {"apiVersion": self.api_version, "kind": self.kind, **without_nulls(inputs)}
        inputs.clear()
        inputs.update(fold_string_data(kept))
        metadata = inputs.setdefault("metadata", {})
        if isinstance(metadata, dict):
            self._name(op, metadata, old)
            if not metadata.get("namespace") and self._namespaced():
                metadata["namespace"] = self.cluster.namespace
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
        if self.cluster.unreachable:
            return False
        try:
            return self.cluster.kind(self.api_version, self.kind).namespaced
        except NoMatch:
            return True

    def secrets(self, values: Mapping[str, Any]) -> Iterator[Path]:
        """What a Secret holds."""
        if self.kind == "Secret":
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
        setting = _MUTABLE.get(self.kind, "")
        if setting and self.provider.enabled(setting) and inputs.get("immutable") is not True:
            if self.kind == "Secret":
                yield ("type",)
        else:
            yield from REPLACING.get(self.kind, ())

    def forced_replacements(
        self, op: Operation, state: dict[str, Any], new: dict[str, Any]
    ) -> Iterable[str]:
        """A Job that is not complete, where the program asks for it."""
        if annotation(new, REPLACE_UNREADY) != "true":
            return
        if self.cluster.unreachable:
            op.warn("Cluster is unreachable, skipping replaceUnready check")
        elif self.kind != "Job":
            op.warn("replaceUnready annotation is not supported for this resource")
        else:
            live = self.cluster.get(reference(state))
            if live is not None and not rules.job_complete(live):
                yield f'.metadata.annotations["{REPLACE_UNREADY}"]'

    def delete_before_replace(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """What a person named can't exist twice in one namespace."""
        if annotation(new, AUTONAMED) == "true":
            return False
        return all(
            at(old, ("metadata", key)) == at(new, ("metadata", key))
            for key in ("name", "namespace")
        )
