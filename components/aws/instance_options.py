"""The resource options of an RDS instance: what protects it, and what it waits for."""

import pulumi

from components.aws.discovery import Placement
from components.aws.instance import ignored_changes, refuse_standby_at_creation
from components.aws.parameters import other_group_hook
from components.aws.policy import POLICY
from components.aws.refused_changes import refuse_lost_changes
from components.aws.settings import Settings
from components.server import discovery
from components.server.options import ServerOptionsArgs, server_options

REPLACED_BY = (
    "another server.kmsKeyId or region needs a new instance; take a snapshot, copy it under that "
    "key or to that region, and make a new stack with restoreFrom"
)
PostgresArgs = discovery.PostgresArgs[Settings, Placement]


def instance_options(
    name: str, args: PostgresArgs, needed: list[pulumi.Resource], parent: pulumi.Resource
) -> pulumi.ResourceOptions:
    """The options; `needed` is made before the instance."""
    live = args.found.live
    opts = server_options(
        f"{name}-server",
        ServerOptionsArgs(
            policy=POLICY,
            server=args.server,
            component=name,
            live=live,
            window=f"{args.own.server.maintenance_window} UTC",
            replaced_by=REPLACED_BY,
            creation_refusals=(refuse_standby_at_creation(args.server),),
            update_hooks=(
                other_group_hook(f"{name}-server", live, parent),
                *([refuse_lost_changes(f"{name}-server", live)] if live else []),
            ),
        ),
        parent,
    )
    # No property of the instance expresses that its clients need the ingress rules, and that
    # RDS makes log groups of its own where there are none.
    opts.depends_on = needed
    opts.ignore_changes = ignored_changes(args.own, args.found.live)
    return opts
