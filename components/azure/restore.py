"""The server that a new one is restored from, and the settings that do not fit it."""

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

from components.azure import ids, lookups
from components.azure.ids import ResourceId
from components.azure.limits import ADMIN
from components.azure.network_plan import NetworkPlan
from components.azure.settings import Settings
from components.azure.topology import region
from components.server.discovery import DiscoveryFailed, Lookup
from components.server.restore import RestoreSource
from components.server.versions import major

if TYPE_CHECKING:
    from pulumi_azure_native import dbforpostgresql


def source_id(own: Settings, subscription: str) -> ResourceId:
    """The ID of the server that `restoreFrom.server` names."""
    given = ids.parse(own.restore_from.server)
    if given.name:
        return given
    return ids.parse(
        ids.resource_id(subscription, own.resource_group, ids.SERVER, own.restore_from.server)
    )


def restore_source(own: Settings, plan: NetworkPlan) -> Lookup[RestoreSource]:
    """The server that the new one is restored from."""
    id = source_id(own, plan.subscription)
    if id.subscription.lower() != plan.subscription.lower():
        return lambda: _refuse_subscription(id, plan)
    question = f"restoreFrom.server: {own.restore_from.server} can't be found"
    found = lookups.server(question, id.resource_group, id.name)

    def answer() -> RestoreSource:
        each = found()
        key = each.data_encryption.primary_key_uri if each.data_encryption else None
        return RestoreSource(
            name=f"server {id.name}",
            version=major(each.version or "0"),
            storage_gb=(each.storage.storage_size_gb if each.storage else None) or 0,
            encrypted=True,  # always, with Azure's key or with another one
            key=key or "",
            faults=tuple(_faults(id.name, each, own, plan)),
        )

    return answer


def _refuse_subscription(id: ResourceId, plan: NetworkPlan) -> RestoreSource:
    """A look-up would ask for a server of the same name in the cluster's subscription."""
    raise DiscoveryFailed(
        [
            f"restoreFrom.server: is in subscription {id.subscription}, must be in "
            f"{plan.subscription}, the cluster's; dump the database and load it into a new server"
        ]
    )


def _faults(
    name: str, source: "dbforpostgresql.GetServerResult", own: Settings, plan: NetworkPlan
) -> Iterator[str]:
    """https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-backup-restore"""
    if source.administrator_login != ADMIN:
        yield (
            f"restoreFrom.server: the administrator login of {name} is "
            f"{source.administrator_login}, must be {ADMIN}; Azure cannot rename it: dump the "
            "database and load it into a new server"
        )
    if region(source.location) != plan.region:
        yield (
            f"restoreFrom.server: {name} is in {region(source.location)}, must be in "
            f"{plan.region}, the cluster's region"
        )
    delegated = bool(source.network and source.network.delegated_subnet_resource_id)
    if delegated == plan.asked.has_private_endpoint:
        ways = ("network.privateEndpoint", "network.subnetRange or network.delegatedSubnetId")
        yield (
            f"network: {name} is {'in' if delegated else 'not in'} a virtual network, and so must "
            f"be the server restored from it; set {ways[delegated]}"
        )
    geo = bool(source.backup and source.backup.geo_redundant_backup == "Enabled")
    if geo != own.server.geo_redundant_backup:
        has = str(geo).lower()
        yield (
            f"server.geoRedundantBackup: must be {has}, because {name} has {has}, and so does the "
            "server restored from it"
        )
    if source.data_encryption and source.data_encryption.primary_key_uri and not own.server.key_uri:
        yield (
            f"server.keyUri: missing, and {name} is encrypted with a key of your own; set it to "
            f"{source.data_encryption.primary_key_uri}, and server.identityId"
        )
    earliest = source.backup.earliest_restore_date if source.backup else ""
    yield from _time_faults(name, own.restore_from.time, earliest)


def _time_faults(name: str, time: str, earliest: str) -> Iterator[str]:
    try:
        asked = datetime.datetime.fromisoformat(time)
        first = datetime.datetime.fromisoformat(earliest) if earliest else asked
    except ValueError:
        return  # the latest, or a time that the settings' own checks have a line for
    if first.tzinfo is None:
        first = first.replace(tzinfo=datetime.UTC)
    if not first <= asked <= datetime.datetime.now(datetime.UTC):
        yield f"restoreFrom.time: is {time}, must be from {earliest} to now: {name}'s backups"
