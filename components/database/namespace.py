"""The Namespace of the database's Job."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database import generations
from components.database.spec import DatabaseSpec
from components.kubernetes.conflicts import OTHER_NAMESPACE, namespace_conflict


def namespace(name: str, spec: DatabaseSpec, parent: pulumi.Resource) -> core.v1.Namespace:
    """A Namespace for the admin login, because workspace pods run in Coder's."""
    rule = guards.ChangeRule(validate_update=generations.refuse_skipped_generation, impossible=True)
    hook = guards.refuse_update(f"{name}: passwordGeneration", [rule])
    physical = f"{spec.namespace}-database"
    conflict = namespace_conflict(spec.cluster, physical, parent, [OTHER_NAMESPACE])
    return core.v1.Namespace(
        name,
        metadata={
            "name": physical,
            "annotations": {generations.ANNOTATION: str(spec.password_generation)},
        },
        opts=pulumi.ResourceOptions(
            parent=parent,
            hooks=pulumi.ResourceHookBinding(
                before_create=[guards.creation_hook(name, [conflict])], before_update=[hook]
            ),
        ),
    )
