"""Coder's namespace, in which the workspaces run too."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database.spec import DatabaseSpec
from components.kubernetes.conflicts import NAMESPACE_CURES, namespace_conflict


def namespace(name: str, spec: DatabaseSpec, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The namespace's name; without `createNamespace` it exists."""
    if spec.namespace == "default":
        pulumi.warn(
            "namespace: is default, which Coder and its workspaces share with everything that "
            "names no namespace; choose one of its own: `pulumi config set namespace coder`",
            parent,
        )
    if not spec.create_namespace:
        return pulumi.Output.from_input(spec.namespace)
    made = core.v1.Namespace(
        name,
        metadata=spec.namespace_metadata(spec.namespace),
        opts=guards.protected(
            parent,
            name,
            protect=spec.protect,
            because=", with every workspace in it, by the settings namespace or cluster",
            conflict=namespace_conflict(spec.cluster, spec.namespace, parent, NAMESPACE_CURES),
        ),
    )
    return made.metadata.name.apply(str)
