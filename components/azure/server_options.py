"""The resource options of a flexible server."""

import pulumi

from components import guards
from components.azure.busy import retried
from components.azure.discovery import Placement
from components.azure.lookups import LiveFlexibleServer
from components.azure.policy import POLICY
from components.azure.settings import Settings
from components.server.failover import stale_zone
from components.server.options import ServerOptionsArgs, server_options
from components.server.settings import ServerSettings

REPLACED_BY = (
    "another server.resourceGroup, subscription, region or stack name needs a new server, and "
    "Azure deletes the backups with the old one; make a new stack with restoreFrom instead"
)


def options_of(
    name: str,
    component: str,
    server: ServerSettings,
    own: Settings,
    found: Placement,
    parent: pulumi.Resource,
) -> pulumi.ResourceOptions:
    """Protection, change rules and creation rules of the server `name`."""
    window = own.server.maintenance_window
    opts = server_options(
        name,
        ServerOptionsArgs(
            policy=POLICY,
            server=server,
            component=component,
            live=found.live,
            window=f"{window} UTC" if window else "Azure's own",
            replaced_by=REPLACED_BY,
            update_hooks=(_stale_hook(name, found.live),) if found.live else (),
        ),
        parent,
    )
    return retried(opts, name)


def _stale_hook(name: str, live: LiveFlexibleServer) -> pulumi.ResourceHook:
    """A hook that refuses an update from a state that is older than a failover."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        zone = (call.old_outputs or {}).get("availabilityZone")
        guards.refuse([stale_zone(zone, live, "server")])

    return guards.hook(f"{name}: failover", before_update)
