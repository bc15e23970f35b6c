"""Coder's namespace, in which the workspaces run too."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database.spec import DatabaseSpec


def namespace(
    name: str, spec: DatabaseSpec, create: bool, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The namespace's name; without `create` it must exist."""
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
        ),
    )
    return made.metadata.name.apply(str)
