"""Refuses an update from a state that does not have what the instance has."""

from collections.abc import Iterator

import pulumi

from components import guards
from components.gcp.lookups import LiveInstance
from components.guards import Inputs, value_at
from components.server.failover import stale_zone
from components.server.refused_changes import lost_changes, unsent

SENT_ALONE = {"databaseVersion": "postgresVersion", "settings.edition": "server.edition"}
"""The settings behind the inputs that have a request of their own."""


def refuse_stale_settings(name: str, live: LiveInstance) -> pulumi.ResourceHook:
    """A hook that refuses the update of an instance that has changed since the state was written.

    An update sends all settings of the state: its zone, which would move the instance back after a
    failover, its storage, which can't shrink, and the number of the settings, for which Cloud SQL
    would answer with error 412, staleData (resource_sql_database_instance.go). Version and edition
    are sent only where they differ from the state, which has those that Cloud SQL refused, too.
    """

    async def before_update(call: pulumi.ResourceHookArgs) -> None:
        lost = await lost_changes(call, SENT_ALONE)
        guards.refuse(
            [*_lines(call.old_outputs or {}, live), *(unsent(SENT_ALONE[path]) for path in lost)]
        )

    return guards.hook(f"{name}: changes outside of the stack", before_update)


def _lines(state: Inputs, live: LiveInstance) -> Iterator[str | None]:
    yield stale_zone(value_at(state, "settings.locationPreference.zone"), live, "instance")
    version = value_at(state, "settings.version")
    size = value_at(state, "settings.diskSize")
    if version not in (None, live.settings_version):
        yield (
            f"Instance {live.identifier} was changed outside of this stack, or by a killed update: "
            f"Cloud SQL has version {live.settings_version} of its settings, the state "
            f"{version:g}; type `pulumi refresh`, then `pulumi up`"
        )
    elif size is not None and size < live.storage_gb:
        yield (
            f"storageGb: the storage of instance {live.identifier} has grown to {live.storage_gb} "
            f"GB, and the state has {size:g}; type `pulumi refresh`, then `pulumi up`"
        )
