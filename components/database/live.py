"""What the cluster and the stack's state have of this stack before the update."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from components.database import generations, job_objects
from components.database.spec import POD_SECURITY, DatabaseSpec
from components.kubernetes.client import ClusterError, Forbidden, Object
from components.server.discovery import ask
from components.server.lookups import recorded_state

ENFORCE = f"{POD_SECURITY}enforce"
"""The label with the level of PodSecurity:
https://kubernetes.io/docs/concepts/security/pod-security-admission/"""
UID_RANGE = "openshift.io/sa.scc.uid-range"
"""The annotation with which OpenShift gives each Namespace UIDs; it refuses pods with others:
https://docs.redhat.com/en/documentation/openshift_container_platform/4.16/html/authentication_and_authorization/managing-pod-security-policies"""
NAMESPACE = "kubernetes:core/v1:Namespace"
SYSTEM = "kube-system"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Live:
    """What there is of a stack; complete as far as the cluster may be read."""

    spec: DatabaseSpec
    generation: int | None
    """Of the newest password; None before the first update."""
    owns_database_namespace: bool
    """Whether the state has `<namespace>-database`; a stack may have made it in spite of
    `createNamespace: false`, and without it Pulumi would delete it now."""
    owns_a_namespace: bool
    """Whether the state has any Namespace."""
    namespaces: Mapping[str, Object | None]
    """By name, without those that can't be read."""

    def problems(self) -> Iterator[str]:
        """One line for each thing that must be there, or must not be changed."""
        spec = self.spec
        yield from generations.skipped(self.generation, spec.password_generation)
        for name, found in self.namespaces.items():
            if found:
                yield from job_objects.missing(spec, name)
            elif spec.create_namespace or self._creates(name):
                recorded = self.owns_a_namespace
                yield from job_objects.too_early(spec, name, recorded=recorded)
            else:
                yield (
                    f"namespace: {name} does not exist in the cluster, and createNamespace is "
                    f"false; create it (`kubectl create namespace {name}`), or let the program: "
                    "`pulumi config set createNamespace true`"
                )

    @property
    def pod_security(self) -> str:
        """The level that Coder's Namespace enforces, or will when it is created."""
        metadata = (self.namespaces.get(self.spec.namespace) or {}).get("metadata", {})
        label = (metadata.get("labels") or {}).get(ENFORCE, "")
        return self.spec.namespace_labels.get(ENFORCE, label)

    def completed(self, scheduling: Mapping[str, Any]) -> DatabaseSpec:
        """The specification with what is only known now; `scheduling` is that of Coder's pods."""
        pods = dataclasses.replace(self.spec.job_pods, scheduling=scheduling)
        if self._assigns_uids:
            pods = dataclasses.replace(pods, user=None)
        create = self.spec.create_namespace or self.owns_database_namespace
        return dataclasses.replace(self.spec, job_pods=pods, create_database_namespace=create)

    def _creates(self, name: str) -> bool:
        return self.owns_database_namespace and name == self.spec.database_namespace

    @property
    def _assigns_uids(self) -> bool:
        known = [found for found in self.namespaces.values() if found]
        if not known:
            # OpenShift annotates a Namespace only after its creation, and kube-system as well.
            known = [found for found in _read(self.spec, [SYSTEM]).values() if found]
        return any(UID_RANGE in (each["metadata"].get("annotations") or {}) for each in known)


def live(spec: DatabaseSpec, *, creates_roles: bool) -> Live:
    """Reads the state, then the Namespaces; raises DiscoveryFailed without the state."""
    [known] = ask(recorded_state(spec.stack))
    types = [urn.rpartition("::")[0] for urn in known]
    names = [spec.namespace, *([spec.database_namespace] if creates_roles else [])]
    return Live(
        spec=spec,
        generation=generations.newest(known),
        owns_database_namespace=any(
            each.endswith(f"{generations.DATABASE}{NAMESPACE}") for each in types
        ),
        owns_a_namespace=any(each.endswith(NAMESPACE) for each in types),
        namespaces=_read(spec, names),
    )


def _read(spec: DatabaseSpec, names: list[str]) -> dict[str, Object | None]:
    found: dict[str, Object | None] = {}
    for name in names:
        try:
            found[name] = spec.cluster.namespace(name)
        except Forbidden as error:
            pulumi.info(f"Which rules Namespace {name} has is not known: {error}")
        except ClusterError:
            break  # The hooks of what is created say so.
    return found
