"""Refuses an update that would leave out what RDS has refused before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import rds

from components import guards
from components.aws.lookups import LiveInstance
from components.aws.policy import POLICY
from components.guards import Inputs
from components.server.passwords import ANOTHER_ADMIN_PASSWORD
from components.server.refused_changes import CURE, is_same, lost_changes, once_stored, unsent

SETTINGS = {path: each.setting for each in POLICY.effects for path in each.inputs} | {
    "backupRetentionPeriod": "backupDays",
    "backupWindow": "server.backupWindow",
    "deletionProtection": "protect",
    "maintenanceWindow": "server.maintenanceWindow",
    "maxAllocatedStorage": "maxStorageGb",
    "parameterGroupName": "server.parameters",
    "tags": "labels",
}
"""The settings behind the instance's inputs."""
_REFUSED = "an earlier update was refused; type `pulumi up` to ask again"
NOT_SENT = {
    "allowMajorVersionUpgrade",
    "applyImmediately",
    "deleteAutomatedBackups",
    "finalSnapshotIdentifier",
    "skipFinalSnapshot",
}
"""Inputs that say how to change or delete the instance."""


def refuse_lost_changes(name: str, live: LiveInstance) -> pulumi.ResourceHook:
    """A hook that refuses an update which would not send what the instance does not have.

    It refuses instead of refreshing: a refresh with each update would read every resource, and
    take over what others have changed without a word.
    """

    async def before_update(call: pulumi.ResourceHookArgs) -> None:
        state, new = call.old_outputs or {}, call.new_inputs or {}
        unseen = sorted(new.keys() - NOT_SENT - live.inputs.keys())
        lost = await lost_changes(call, unseen)
        guards.refuse([*_differences(state, new, live), *map(_unseen, lost)])

    return guards.hook(f"{name}: changes that RDS refused", before_update)


def stored_parameters(group: "rds.ParameterGroup", wanted: Mapping[str, str]) -> pulumi.Output[str]:
    """The group's name, if RDS has its parameters."""
    return once_stored(
        group.name, group.parameters, lambda stored: missing_parameters(stored or [], wanted)
    )


def stored_subnets(group: "rds.SubnetGroup", wanted: Sequence[str]) -> pulumi.Output[str]:
    """The group's name, if RDS has its subnets."""
    return once_stored(group.name, group.subnet_ids, lambda stored: missing_subnets(stored, wanted))


def missing_parameters(
    stored: Iterable[Mapping[str, str]], wanted: Mapping[str, str]
) -> Iterator[str]:
    """A line for each parameter that the group in RDS does not have as it is wanted."""
    has = {each["name"].lower(): each["value"] for each in stored}
    for name, value in sorted(wanted.items()):
        if has.get(name.lower()) != value:
            yield (
                f"server.parameters.{name}: is {value}, and the parameter group in RDS has "
                f"{has.get(name.lower(), 'the default')}: {_REFUSED}"
            )


def missing_subnets(stored: Iterable[str], wanted: Iterable[str]) -> Iterator[str]:
    """A line if the subnet group in RDS has other subnets than the wanted ones."""
    if set(stored) != set(wanted):
        yield (
            f"network.subnetIds: the subnet group has to have {', '.join(sorted(wanted))}, and in "
            f"RDS has {', '.join(sorted(stored))}: {_REFUSED}"
        )


def _differences(state: Inputs, new: Inputs, live: LiveInstance) -> Iterator[str]:
    for path, has in live.inputs.items():
        stored = state.get(path)
        if None in (stored, has) or not is_same(stored, new.get(path)):
            continue
        # Storage may have grown by itself.
        differs = stored > has if path == "allocatedStorage" else not is_same(stored, has)
        if differs:
            yield (
                f"{SETTINGS[path]}: instance {live.identifier} has {_shown(has)} and the state "
                f"{_shown(stored)}: RDS refused the change, or it was changed outside of this "
                f"stack, {CURE}"
            )


def _unseen(path: str) -> str:
    if path == "password":
        return (
            "passwordGeneration: RDS refused the new password of the admin login in the last "
            f"update, and this update would not send it again; {ANOTHER_ADMIN_PASSWORD}"
        )
    return unsent(SETTINGS.get(path, path))


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
