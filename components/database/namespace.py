"""The Namespace of the database's Job."""

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.database import generations
from components.database.spec import DatabaseSpec


def namespace(name: str, spec: DatabaseSpec, parent: pulumi.Resource) -> core.v1.Namespace:
    """A Namespace for the admin login, because workspace pods run in Coder's."""
    rule = guards.ChangeRule(validate_update=generations.refuse_skipped_generation, impossible=True)
    hook = guards.refuse_update(f"{name}: passwordGeneration", [rule])
    return core.v1.Namespace(
        name,
        metadata={
            "name": f"{spec.namespace}-database",
            "annotations": {generations.ANNOTATION: str(spec.password_generation)},
        },
        opts=pulumi.ResourceOptions(
            parent=parent, hooks=pulumi.ResourceHookBinding(before_update=[hook])
        ),
    )
