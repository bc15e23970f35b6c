"""The Namespace of the database's Job."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database.spec import DatabaseSpec
from components.kubernetes.conflicts import NAMESPACE_CURES, namespace_conflict


def namespace(name: str, spec: DatabaseSpec, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The name of a Namespace for the admin login, because workspace pods run in Coder's."""
    if not spec.create_database_namespace:
        return pulumi.Output.from_input(spec.database_namespace)
    conflict = namespace_conflict(spec.cluster, spec.database_namespace, parent, NAMESPACE_CURES)
    made = core.v1.Namespace(
        name,
        metadata=spec.namespace_metadata(spec.database_namespace),
        opts=pulumi.ResourceOptions(
            parent=parent,
            hooks=pulumi.ResourceHookBinding(
                before_create=[guards.creation_hook(name, [conflict])]
            ),
        ),
    )
    return made.metadata.name.apply(str)
