"""Coder's namespace, in which the workspaces run too."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database.spec import DatabaseSpec
from components.kubernetes.conflicts import OTHER_NAMESPACE, namespace_conflict

CURES = (
    OTHER_NAMESPACE,
    "it is for Coder, and not made by this stack: `pulumi config set createNamespace false`",
)


def namespace(
    name: str, spec: DatabaseSpec, create: bool, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The namespace's name; without `create` it must exist."""
    if spec.namespace == "default":
        pulumi.warn(
            "namespace: is default, which Coder and its workspaces share with everything that "
            "names no namespace; choose one of its own: `pulumi config set namespace coder`",
            parent,
        )
    if not create:
        return pulumi.Output.from_input(spec.namespace)
    made = core.v1.Namespace(
        name,
        metadata={"name": spec.namespace},
        opts=guards.protected(
            parent,
            name,
            protect=spec.protect,
            because=", with every workspace in it, by the settings namespace or cluster",
            conflict=namespace_conflict(spec.cluster, spec.namespace, parent, CURES),
        ),
    )
    return made.metadata.name.apply(str)
