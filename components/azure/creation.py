"""How a flexible server is created or restored, and what only a later update can do."""

import datetime
from typing import Any

import pulumi

from components.azure.discovery import Placement
from components.azure.limits import LABELS, RESTORED_FROM
from components.azure.restore import source_id
from components.azure.settings import Settings
from components.server.settings import ServerSettings

IGNORED = (
    # A failover exchanges the zones, and another one would replace the server.
    "availabilityZone",
    "highAvailability.standbyAvailabilityZone",
    # The restore source is read once, and another one would replace the server.
    "sourceServerResourceId",
    "pointInTimeUTC",
)


def create_mode(server: ServerSettings, found: Placement) -> str | None:
    """How Azure is to take the request; None where it follows.

    An upgrade needs Update. The first update of a restored server ends its restore mode with it.
    """
    if not found.live:
        return "PointInTimeRestore" if found.restores else None
    upgrades = server.major > found.live.version
    return "Update" if upgrades or found.live.restored_from else None


def ignored(mode: str | None) -> list[str]:
    """The inputs whose changes are ignored; a mode stays until another one is needed."""
    return [*IGNORED, *([] if mode == "Update" else ["createMode"])]


def creation_inputs(own: Settings, found: Placement) -> dict[str, Any]:
    """What a new server is restored from."""
    if not found.restores:
        return {}
    now = datetime.datetime.now(datetime.UTC)
    return {
        "source_server_resource_id": source_id(own, found.network.subscription).text,
        "point_in_time_utc": own.restore_from.time or f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }


def tags(server: ServerSettings, own: Settings, found: Placement) -> dict[str, str]:
    """The labels, and what the program must know of a server without its state."""
    made = {**server.labels, LABELS.stack: server.spec.stack}
    if found.zone:
        made[LABELS.zone] = found.zone.name
    if found.restores:
        made[RESTORED_FROM] = source_id(own, found.network.subscription).name
    elif found.live and found.live.restored_from:
        made[RESTORED_FROM] = found.live.restored_from
    return made


def announce_second_update(own: Settings, found: Placement, parent: pulumi.Resource) -> None:
    """Say what the update that creates the server can't do yet."""
    if found.live:
        return
    if own.server.maintenance_window:
        pulumi.info(
            "server.maintenanceWindow: Azure takes it only for a server that exists; run `pulumi "
            "up` once more after this update",
            parent,
        )
    if found.restores:
        pulumi.info(
            "restoreFrom: this update ends when the server is restored, with the admin password of "
            "its source; the next one sets a password of its own, and installs Coder",
            parent,
        )


def end_of_restore(host: str, found: Placement) -> str:
    """The server's name; raises RunError for a new server with its source's password.

    `az postgres flexible-server restore` takes no password, and no property of the request sets it.
    """
    if not found.restores:
        return host
    raise pulumi.RunError(
        f"restoreFrom: server {found.network.server_name} is restored, and has the admin password "
        "of its source; type `pulumi up` again, which sets a password of its own and installs Coder"
    )
