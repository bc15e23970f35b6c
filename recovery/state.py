"""A stack's state: its resources, and the operations on them that were interrupted."""

import dataclasses
from collections.abc import Mapping
from typing import Any

_ROOT = "pulumi:pulumi:Stack"
_CLUSTER = "pulumi:providers:kubernetes"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource as the state describes it; secret inputs are ciphertexts."""

    urn: str
    type: str
    inputs: Mapping[str, Any]
    parent: str
    """URN; empty where the stack itself is the parent."""
    provider: str
    """URN; empty for what has none."""
    protect: bool

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation whose end was not recorded."""

    kind: str
    """creating, updating, deleting, reading or importing."""
    resource: Resource


@dataclasses.dataclass(frozen=True, kw_only=True)
class State:
    """The document of `pulumi stack export`."""

    resources: tuple[Resource, ...]
    pending: tuple[Operation, ...]
    has_passphrase: bool
    """Whether secrets are encrypted with a passphrase."""

    def find(self, urn: str) -> Resource | None:
        """The resource of that URN."""
        return next((resource for resource in self.resources if resource.urn == urn), None)

    @property
    def root(self) -> str:
        """The URN of the stack itself; empty before it was recorded."""
        return next((item.urn for item in self.resources if item.type == _ROOT), "")

    @property
    def cluster_identifier(self) -> str:
        """The cloud's name of the cluster; empty before it was recorded."""
        clusters = (item.inputs for item in self.resources if item.type == _CLUSTER)
        return str(next(clusters, {}).get("clusterIdentifier") or "")


def parse(document: Mapping[str, Any]) -> State:
    """Read the document that `pulumi stack export` prints."""
    deployment = document.get("deployment") or {}
    return State(
        resources=tuple(map(_resource, deployment.get("resources") or [])),
        pending=tuple(
            Operation(kind=item["type"], resource=_resource(item["resource"]))
            for item in deployment.get("pending_operations") or []
        ),
        has_passphrase=(deployment.get("secrets_providers") or {}).get("type") == "passphrase",
    )


def _resource(item: Mapping[str, Any]) -> Resource:
    parent = item.get("parent") or ""
    return Resource(
        urn=item["urn"],
        type=item["type"],
        inputs=item.get("inputs") or {},
        parent="" if f"::{_ROOT}::" in parent else parent,
        provider=(item.get("provider") or "").rpartition("::")[0],
        protect=bool(item.get("protect")),
    )
