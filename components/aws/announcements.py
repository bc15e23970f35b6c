"""Says when the changes of an update will happen; what is said here refuses nothing."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components import guards
from components.aws.arguments import PostgresArgs
from components.aws.changes import changed

WAITING = {
    "instanceClass": "size",
    "allocatedStorage": "storageGb",
    "engineVersion": "postgresVersion",
    "multiAz": "highAvailability",
}
"""What RDS leaves for the maintenance window unless told to apply it at once, by our settings."""


def announce(parent: pulumi.Resource, args: PostgresArgs) -> pulumi.ResourceHook:
    """A hook that says when the changes of an update will happen; it refuses none."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        # The state and not the old inputs, which have what still waits.
        inputs, state, new = call.old_inputs or {}, call.old_outputs or {}, call.new_inputs or {}
        waiting = [word for key, word in WAITING.items() if changed(key, state, new)]
        if waiting:
            window = args.server.maintenance_window
            when = (
                f"wait for the maintenance window ({window} UTC), though the update is over before"
            )
            if args.apply_immediately:
                when = "are made at once and may interrupt Coder"
            pulumi.info(f"Changes of {', '.join(waiting)} {when}; applyImmediately decides", parent)
        if args.apply_immediately and not inputs.get("applyImmediately"):
            pulumi.info(
                "applyImmediately: what still waits for the window is made now, too", parent
            )
        if WAITING["engineVersion"] not in waiting and changed("parameterGroupName", inputs, new):
            _reboot(parent, args, "they are in another parameter group")

    return guards.hook("The PostgreSQL server's changes", before_update)


def announce_parameters(parent: pulumi.Resource, args: PostgresArgs) -> pulumi.ResourceHook:
    """A hook that says which parameters of an attached group need a reboot to hold."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        old, new = _static(call.old_inputs or {}), _static(call.new_inputs or {})
        names = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if names:
            _reboot(parent, args, ", ".join(names))

    return guards.hook("The PostgreSQL server's parameters", before_update)


def _static(group: Mapping[str, Any]) -> dict[str, str]:
    return {
        each["name"]: each["value"]
        for each in group.get("parameters") or []
        if each.get("applyMethod") == "pending-reboot"
    }


def _reboot(parent: pulumi.Resource, args: PostgresArgs, why: str) -> None:
    """Say that RDS leaves the reboot which parameters wait for to a person."""
    running = args.found.running if args.found else None
    name = running.identifier if running else "…"
    pulumi.info(
        f"server.parameters: hold after a reboot, which no window brings ({why}): "
        f"aws rds reboot-db-instance --db-instance-identifier {name}",
        parent,
    )
