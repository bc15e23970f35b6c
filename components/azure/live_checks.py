"""What the live server, or a restore, does not allow of the settings."""

from collections.abc import Iterator

import pulumi

from components.azure.limits import LABELS
from components.azure.lookups import LiveFlexibleServer
from components.azure.network_plan import NetworkPlan
from components.azure.policy import POLICY
from components.azure.settings import Settings
from components.server import versions
from components.server.settings import ServerSettings
from components.setting_model import string_cure

KEY_HELP = "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-data-encryption"
UNUSABLE = {
    "Stopped": "type `az postgres flexible-server start --resource-group {group} --name {name}`",
    "Stopping": "wait until it is Stopped, then start it",
    "Dropping": "wait until it is deleted, then repeat the command",
    "Disabled": "see its page in the Azure portal for the reason",
    "Inaccessible": f"it cannot use the key in server.keyUri; see {KEY_HELP}",
}
"""States in which Azure refuses every change, and what to do."""


def grows(server: ServerSettings) -> bool:
    """Whether storage may grow by itself; Azure knows no limit of that."""
    return server.max_storage_gb > server.storage_gb


def problems(server: ServerSettings, own: Settings, live: LiveFlexibleServer) -> Iterator[str]:
    """One line for each reason that the live server can't become the one that is asked for."""
    name, stack = live.identifier, live.tags.get(LABELS.stack)
    if stack != server.spec.stack:
        yield (
            f"Azure: server {name} exists, and its tag {LABELS.stack} is {stack or 'missing'}, "
            f"must be {server.spec.stack}; if it is this stack's, type `az tag update --operation "
            f"Merge --resource-id {live.import_id} --tags {LABELS.stack}={server.spec.stack}`"
        )
    if live.state in UNUSABLE:
        cure = UNUSABLE[live.state].format(group=own.resource_group, name=name)
        yield f"Azure: server {name} is {live.state}, must be Ready; {cure}"
    if live.storage_gb > server.storage_gb and not grows(server):
        yield (
            f"storageGb: is {server.storage_gb}, but server {name} has {live.storage_gb}, and "
            f"storage never shrinks; type `pulumi config set storageGb {live.storage_gb}`"
        )
    elif live.storage_gb > server.max_storage_gb:
        pulumi.warn(
            f"maxStorageGb: is {server.max_storage_gb}, and the storage of server {name} has grown "
            f"to {live.storage_gb}: Azure knows no limit of that"
        )
    yield from _standby_problems(server, own, live)
    yield from versions.problems(server.major, live, POLICY)


def _standby_problems(
    server: ServerSettings, own: Settings, live: LiveFlexibleServer
) -> Iterator[str]:
    """https://github.com/hashicorp/terraform-provider-azurerm: the service can't update the zone
    of a standby."""
    asked = own.server.standby_zone
    if not asked or not server.high_availability:
        return
    # A failover exchanges both zones.
    if live.has_standby and asked not in (live.standby_zone, live.zone):
        yield (
            f"server.standbyZone: is {asked}, but the standby of server {live.identifier} is in "
            f"{live.standby_zone}, and Azure cannot move it"
            f"{string_cure('server.standbyZone', live.standby_zone)}"
        )
    if not live.has_standby:
        yield (
            "server.standbyZone: Azure takes it only when a server is created with its standby; "
            "remove it: `pulumi config rm --path server.standbyZone`"
        )


def network_problems(live: LiveFlexibleServer, plan: NetworkPlan) -> Iterator[str]:
    """One line if the settings would have the server in another network."""
    asked = plan.asked.delegated_subnet_id
    if plan.asked.subnet_range:
        asked = f"{plan.nodes_network.text}/subnets/{plan.subnet_name}"
    if live.subnet is None or live.subnet.lower() == asked.lower():
        return
    yield (
        f"network: server {live.identifier} is in {live.subnet or 'no subnet'}, and Azure cannot "
        "move it; set network back, or make a new stack with restoreFrom"
    )


def restore_problems(server: ServerSettings) -> Iterator[str]:
    """One line if a restored server can't be made as it is asked for."""
    if server.high_availability:
        yield (
            "highAvailability: is true, but Azure restores a server without a standby; type "
            "`pulumi config set highAvailability false` and `pulumi up`, then set it to true"
        )
