"""The server parameters that are set, one after the other, and which of them need a restart."""

import dataclasses
from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from components import guards
from components.azure.busy import retried
from components.azure.discovery import Placement
from components.azure.settings import Settings
from components.server.parameters import is_static
from components.server.settings import ServerSettings

EXTENSIONS = "azure.extensions"
CLASSIC_EXTENSIONS = ("citext", "pg_trgm", "pgcrypto", "uuid-ossp")
"""The classic chart's migrations may create these; its values.yaml asks for `contrib`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ParametersArgs:
    """A server and its parameters."""

    resource_group: str
    server: "azure.dbforpostgresql.Server"
    server_name: str
    values: Mapping[str, str]
    after: pulumi.CustomResource
    """Azure refuses a second operation while one runs (ServerIsBusy)."""


def parameter_values(server: ServerSettings, own: Settings, found: Placement) -> dict[str, str]:
    """The parameters whose value is not Azure's default."""
    values = dict(own.server.parameter_strings)
    if server.spec.flavour == "classic":
        asked = values.get(EXTENSIONS, "").lower().split(",")
        values[EXTENSIONS] = ",".join(sorted({*asked, *CLASSIC_EXTENSIONS} - {""}))
    if found.restores or (found.live and found.live.restored_from):
        # The parameters of a restored server are its source's.
        values.setdefault("require_secure_transport", "on")
    return values


def set_parameters(
    name: str, args: ParametersArgs, parent: pulumi.Resource
) -> list[pulumi.CustomResource]:
    """One resource for each parameter, each after the one before."""
    made: list[pulumi.CustomResource] = [args.after]
    for parameter, value in sorted(args.values.items()):
        child = f"{name}-{parameter}"
        opts = pulumi.ResourceOptions(
            parent=parent,
            depends_on=[made[-1]],
            # A deletion resets the parameter, which is of no use where the server is deleted, too.
            deleted_with=args.server,
        )
        if is_static(parameter):
            announce = guards.hook(f"{child}: restart", _announcement(parameter, args, parent))
            opts.hooks = pulumi.ResourceHookBinding(
                before_create=[announce], before_update=[announce]
            )
        retried(opts, child)
        made.append(
            azure.dbforpostgresql.Configuration(
                child,
                resource_group_name=args.resource_group,
                server_name=args.server.name,
                configuration_name=parameter,
                value=value,
                source="user-override",
                opts=opts,
            )
        )
    return made[1:]


def _announcement(
    parameter: str, args: ParametersArgs, parent: pulumi.Resource
) -> pulumi.ResourceHookFunction:
    def announce(call: pulumi.ResourceHookArgs) -> None:
        pulumi.info(
            f"server.parameters: {parameter} takes effect only after a manual restart; the "
            "maintenance window does not restart: az postgres flexible-server restart "
            f"--resource-group {args.resource_group} --name {args.server_name}",
            parent,
        )

    return announce
