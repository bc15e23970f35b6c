"""The instance that an earlier update of this stack has made, known by its tags."""

import dataclasses

from pulumi_aws import rds

from components.aws import lookup

STACK_TAG = "coder:stack"
ZONE_TAG = "coder:zone"
"""The zone that was chosen, whatever zone a failover has put the server in since."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Running:
    """What RDS says of the instance now."""

    identifier: str
    zone: str
    home: str
    """The zone that was chosen for it; a failover does not change it."""
    version: int
    """Major."""
    has_own_parameters: bool
    """Whether its parameter group is not RDS's own."""


def find_running(stack: str) -> tuple[Running | None, list[str]]:
    """The instance that carries this stack's tag, and a line where there are several."""
    tags = {STACK_TAG: stack}
    found = lookup.ask(f"The instance of {stack}", rds.get_instances, tags=tags)
    identifiers = sorted(found.instance_identifiers)
    if not identifiers:
        return None, []
    if len(identifiers) > 1:
        return None, [
            f"Instances {', '.join(identifiers)} all carry the tag {STACK_TAG}={stack}, which must "
            "tell one from another; take it off those that belong to no stack any more, or give "
            "this stack a name of its own"
        ]
    instance = lookup.ask(
        f"Instance {identifiers[0]}", rds.get_instance, db_instance_identifier=identifiers[0]
    )
    zone = instance.availability_zone
    return Running(
        identifier=identifiers[0],
        zone=zone,
        home=instance.tags.get(ZONE_TAG) or zone,
        version=lookup.major(instance.engine_version),
        has_own_parameters=any(
            not name.startswith("default.") for name in instance.db_parameter_groups
        ),
    ), []
