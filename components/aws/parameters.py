"""The parameter group of an RDS instance, and which of its changes need a reboot."""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components import guards
from components.aws.lookups import LiveInstance
from components.aws.parameter_rules import apply_method
from components.aws.refused_changes import stored_parameters
from components.aws.settings import Server
from components.server.settings import ServerSettings
from components.server.versions import same_major

FORCE_SSL_BY_DEFAULT = 15
"""From this version on, `rds.force_ssl` is 1 unless a parameter group says otherwise."""


def parameter_group(
    name: str,
    server: ServerSettings,
    own: Server,
    live: LiveInstance | None,
    parent: pulumi.Resource,
) -> pulumi.Input[str]:
    """The name of the instance's parameter group: one of its own where a parameter needs it."""
    forced = {"rds.force_ssl": "1"} if server.major < FORCE_SSL_BY_DEFAULT else {}
    parameters = {**forced, **own.parameter_strings}
    if not parameters:
        # Not None, which would keep the server's previous group.
        return f"default.postgres{server.version}"

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        old, new = _static(call.old_inputs or {}), _static(call.new_inputs or {})
        names = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        if names:
            _announce_reboot(parent, live, ", ".join(names))

    group = aws.rds.ParameterGroup(
        name,
        family=f"postgres{server.version}",
        parameters=[
            {"name": key, "value": value, "apply_method": apply_method(key)}
            for key, value in sorted(parameters.items())
        ],
        tags=server.labels,
        opts=pulumi.ResourceOptions(
            parent=parent,
            hooks=pulumi.ResourceHookBinding(
                before_update=[guards.hook(f"{name}: reboot for static parameters", before_update)]
            ),
        ),
    )
    return stored_parameters(group, parameters)


def other_group_hook(
    name: str, live: LiveInstance | None, parent: pulumi.Resource
) -> pulumi.ResourceHook:
    """A hook that announces the reboot which another parameter group of the instance needs."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        old, state, new = call.old_inputs or {}, call.old_outputs or {}, call.new_inputs or {}
        # A major upgrade reboots the instance anyway.
        if same_major(state.get("engineVersion"), new.get("engineVersion")) and (
            old.get("parameterGroupName") != new.get("parameterGroupName")
        ):
            _announce_reboot(parent, live, "the instance gets another parameter group")

    return guards.hook(f"{name}: reboot for another parameter group", before_update)


def _static(group: Mapping[str, Any]) -> dict[str, str]:
    return {
        each["name"]: each["value"]
        for each in group.get("parameters") or []
        # Not what the group says: earlier versions of this program sent dynamic ones that way, too.
        if apply_method(each["name"]) == "pending-reboot"
    }


def _announce_reboot(parent: pulumi.Resource, live: LiveInstance | None, why: str) -> None:
    pulumi.info(
        f"server.parameters: take effect only after a manual reboot ({why}); the maintenance "
        "window does not reboot: aws rds reboot-db-instance --db-instance-identifier "
        f"{live.identifier if live else '…'}",
        parent,
    )
