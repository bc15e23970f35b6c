"""Refuses, already at preview, to create an object whose name the cluster has given to another.

A creation hook is called for what is not in the stack's state: what exists then is not the stack's.
"""

from collections.abc import Callable, Sequence

import pulumi

from components import recorded
from components.guards import Refusal
from components.imports import (
    FIRST_IN_A_NEW_STACK,
    import_command,
    recovery_command,
    stack_of,
)
from components.kubernetes.client import Cluster, ClusterError, Forbidden, Object

OTHER_NAMESPACE = "choose another namespace: `pulumi config set namespace …`"
NAMESPACE_CURES = (
    OTHER_NAMESPACE,
    "it was prepared for this stack: `pulumi config set createNamespace false`",
)


def namespace_conflict(
    cluster: Cluster, name: str, parent: pulumi.Resource, cures: Sequence[str]
) -> Refusal:
    """Refuses where the Namespace exists; `cures` say what may be done about it."""

    def refusal(call: pulumi.ResourceHookArgs) -> str | None:
        found = cluster.namespace(name)
        if found is None:
            return None
        return _deletion(name, found) or exists(f"Namespace {name}", name, call, parent, cures)

    return asking(refusal)


def object_conflict(
    cluster: Cluster,
    kind: str,
    namespace: str,
    name: str,
    parent: pulumi.Resource,
) -> Refusal:
    """Refuses where the Secret or ConfigMap exists."""

    def refusal(call: pulumi.ResourceHookArgs) -> str | None:
        if (inside := cluster.namespace(namespace)) is None:
            return None
        if line := _deletion(namespace, inside):
            return line
        read = cluster.secret if kind == "Secret" else cluster.config_map
        if read(namespace, name) is None:
            return None
        path = f"{namespace}/{name}"
        # The provider replaces an imported Secret, which the engine refuses for a protected one.
        return exists(f"{kind} {path}", path, call, parent, [OTHER_NAMESPACE], protect=False)

    return asking(refusal)


def exists(
    what: str,
    identifier: str,
    call: pulumi.ResourceHookArgs,
    parent: pulumi.Resource,
    cures: Sequence[str],
    *,
    protect: bool = True,
) -> str:
    """The refusal, with all that can be done about it."""
    command = import_command(
        call,
        identifier,
        parent.pulumi_resource_name,
        parent.get_provider(call.type),
        protect=protect,
    )
    return "\n".join(
        (
            f"{what} exists already and is not in the state of this stack. Choose:",
            *(f"- {cure}" for cure in cures),
            f"- an update of this stack was killed: {recovery_command(call)}",
            f"- this stack shall take it over: {command}",
            f"  (in a stack that was never updated, first: {FIRST_IN_A_NEW_STACK})",
        )
    )


def _deletion(name: str, namespace: Object) -> str | None:
    if not namespace["metadata"].get("deletionTimestamp"):
        return None
    return (
        f"Namespace {name} is being deleted; wait for its end: "
        f"`kubectl wait --for=delete namespace/{name} --timeout=10m`"
    )


def asking(ask: Callable[[pulumi.ResourceHookArgs], str | None]) -> Refusal:
    """Warns where the credentials may not look; refuses where the cluster does not answer."""

    def refusal(call: pulumi.ResourceHookArgs) -> str | None:
        try:
            line = ask(call)
        except Forbidden as error:
            pulumi.warn(f"Whether {call.name} exists already is not known: {error}")
            return None
        except ClusterError as error:
            return str(error)
        # A replacement is created, too, and the old one is still there at preview.
        known = line and call.urn in recorded.resources(stack_of(call))
        return None if known else line

    return refusal
