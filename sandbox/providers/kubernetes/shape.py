"""Objects as plain dictionaries: annotations, names, and the parts that can't be changed."""

import base64
from collections.abc import Mapping
from typing import Any

from kubernetes.utils.quantity import parse_quantity

from sandbox.providers.framework.values import UNKNOWN, Path

REPLACING: Mapping[str, tuple[Path, ...]] = {
    "ConfigMap": (("data",), ("binaryData",)),
    "Deployment": (("spec", "selector"),),
    "DaemonSet": (("spec", "selector"),),
    "ClusterRoleBinding": (("roleRef",),),
    "Job": tuple(("spec", key) for key in ("completions", "parallelism", "selector", "template")),
    "PersistentVolumeClaim": (
        *(("spec", key) for key in ("accessModes", "selector", "storageClassName", "volumeName")),
    ),
    "Pod": tuple(
        ("spec", key)
        for key in (
            "affinity",
            "containers",
            "initContainers",
            "nodeName",
            "restartPolicy",
            "volumes",
        )
    ),
    "RoleBinding": (("roleRef",),),
    "Secret": (("type",), ("data",), ("stringData",)),
    "Service": (("spec", "clusterIP"),),
    "StatefulSet": tuple(
        ("spec", key)
        for key in (
            *("podManagementPolicy", "revisionHistoryLimit", "selector"),
            *("serviceName", "volumeClaimTemplates"),
        )
    ),
    "StorageClass": (("parameters",), ("provisioner",)),
}
"""The parts of each kind whose change makes a new object, besides its name and namespace."""

_QUANTITIES = {"capacity", "hard", "limits", "requests", "sizeLimit"}
_SERVERS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")


def annotation(thing: Mapping[str, Any], name: str) -> str:
    """The value of an annotation; empty when there is none."""
    metadata = thing.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return str(value) if value is not None else ""


def full_name(thing: Mapping[str, Any]) -> str:
    """`namespace/name`, or the name alone of what has no namespace."""
    metadata = thing["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else metadata["name"]


def short_name(thing: Mapping[str, Any]) -> str:
    """The full name, without the namespace `default`."""
    return full_name(thing).removeprefix("default/")


def reference(thing: Mapping[str, Any]) -> dict[str, Any]:
    """As much of an object as it takes to find it."""
    return {key: thing[key] for key in ("apiVersion", "kind", "metadata")}


def without_nulls(value: Any) -> Any:
    """The value without keys that hold nothing."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def prune(live: Any, shape: Any) -> Any:
    """The live value, without the keys and list items that the shape has not."""
    if isinstance(live, dict) and isinstance(shape, dict):
        return {key: prune(live[key], item) for key, item in shape.items() if key in live}
    if isinstance(live, list) and isinstance(shape, list):
        return [prune(item, like) for item, like in zip(live, shape, strict=False)]
    return live


def same(live: Any, given: Any, path: Path) -> bool:
    """Whether the server keeps what was given in another form, or not at all for being empty."""
    if live is None:
        return given in (None, "", 0, False, [], {})
    if isinstance(live, str | int) and _QUANTITIES.intersection(path):
        try:
            return parse_quantity(live) == parse_quantity(given)
        except ValueError:
            return False
    return False


def fold_string_data(thing: Mapping[str, Any]) -> dict[str, Any]:
    """A Secret with its text in `data`, where the server puts it."""
    folded = dict(thing)
    if thing.get("kind") != "Secret" or not isinstance(thing.get("stringData"), dict):
        return folded
    text = folded.pop("stringData")
    encoded = {
        key: UNKNOWN if value == UNKNOWN else base64.b64encode(str(value).encode()).decode()
        for key, value in text.items()
    }
    data = folded.get("data")
    folded["data"] = {**data, **encoded} if isinstance(data, dict) else encoded
    return folded


def without_server_fields(thing: Mapping[str, Any]) -> dict[str, Any]:
    """What a program would have given to get this object."""
    kept = {
        key: value for key, value in thing.items() if key != "status" and not key.startswith("__")
    }
    kept["metadata"] = {
        key: value for key, value in kept["metadata"].items() if key not in _SERVERS
    }
    return kept
