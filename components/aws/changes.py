"""Changes of a running instance: which are refused, and when the others happen."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.aws.arguments import PostgresArgs

WAITING = {
    "instanceClass": "size",
    "allocatedStorage": "storageGb",
    "engineVersion": "postgresVersion",
    "multiAz": "highAvailability",
    "parameterGroupName": "server.parameters",
}
"""What RDS leaves for the maintenance window unless told to apply it at once, by our settings."""


def refuse(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """A line for a change in place that would move the server or ask for the impossible."""
    if old.get("dbSubnetGroupName") != new.get("dbSubnetGroupName"):
        return "the server would move to another subnet group, and its address with it"
    if old.get("identifier") != new.get("identifier"):
        return "the server would be renamed, and Coder would lose its address"
    was, wanted = old.get("allocatedStorage"), new.get("allocatedStorage")
    if isinstance(was, float | int) and isinstance(wanted, float | int) and wanted < was:
        return (
            f"storageGb: is {wanted:g} and was {was:g}, and storage never shrinks; type `pulumi "
            f"config set storageGb {was:g}`"
        )
    return None


def announce(parent: pulumi.Resource, args: PostgresArgs) -> pulumi.ResourceHook:
    """A hook that says when the changes of an update will happen; it refuses none."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        old, new = call.old_inputs or {}, call.new_inputs or {}
        changed = [word for key, word in WAITING.items() if old.get(key) != new.get(key)]
        if not changed:
            return
        window = args.server.maintenance_window
        when = f"wait for the maintenance window ({window} UTC), though the update is over before"
        if args.apply_immediately:
            when = "are made at once and may interrupt Coder"
        pulumi.info(f"Changes of {', '.join(changed)} {when}; applyImmediately decides", parent)

    return pulumi.ResourceHook(
        "The PostgreSQL server's changes",
        before_update,
        pulumi.ResourceHookOptions(on_dry_run=True),
    )
