"""Restores of a flexible server to a point in time of another one."""

import datetime

from sandbox.providers.azure_native import ids
from sandbox.providers.azure_native.errors import ApiError, invalid, not_found, not_simulated
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.moments import is_recent

FROM_SOURCE = (
    "administratorLogin",
    "authConfig",
    "backup",
    "dataEncryption",
    "identity",
    "sku",
    "storage",
    "version",
)
"""What a restored server has of its source, whatever the request says."""


def source(data: Data, body: Data) -> Data | None:
    """The server that a new one is restored from; None where the request restores nothing."""
    mode = body.get("createMode") or "Default"
    if mode in ("Default", "Create"):
        if body.get("sourceServerResourceId") or body.get("pointInTimeUTC"):
            raise invalid("createMode", "A restore needs PointInTimeRestore.")
        return None
    if mode != "PointInTimeRestore":
        raise not_simulated(f"createMode {mode} is an error")
    id = body.get("sourceServerResourceId")
    if not id:
        raise invalid("sourceServerResourceId")
    found = data["instances"].get(ids.name_of(id).lower())
    if found is None or ids.key(found["id"]) != ids.key(id):
        raise not_found(id)
    _refuse_time(found, body.get("pointInTimeUTC"))
    return found


def _refuse_time(source: Data, time: str | None) -> None:
    """Refuse a time before the first backup, in the future, or too old for the current data.

    The copy has the source's current data.
    """
    try:
        wanted = datetime.datetime.fromisoformat(time or "")
    except ValueError:
        raise invalid("pointInTimeUTC") from None
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=datetime.UTC)
    earliest = datetime.datetime.fromisoformat(source["backup"]["earliestRestoreDate"])
    now = datetime.datetime.now(datetime.UTC)
    if not earliest <= wanted <= now:
        raise ApiError(
            "InvalidRestorePointInTime",
            f"The restore point in time '{time}' is not valid: it is from "
            f"{source['backup']['earliestRestoreDate']} to now.",
        )
    if not is_recent(wanted):
        raise not_simulated("a point in time more than 15 minutes ago is an error")


def request(body: Data, source: Data) -> Data:
    """The request as the service handles it: most properties are the source's."""
    private, given = source["network"].get("delegatedSubnetResourceId"), body.get("network") or {}
    if bool(private) != bool(given.get("delegatedSubnetResourceId")):
        raise ApiError(
            "RestoreNetworkModeMismatch",
            "A server with private access is only restored to private access, and one with public "
            "access to public access.",
        )
    own = {key: source[key] for key in FROM_SOURCE}
    own["backup"] = {
        key: value for key, value in own["backup"].items() if key != "earliestRestoreDate"
    }
    # A restore gives no standby and says nothing (Azure/azure-rest-api-specs#20600).
    return {**body, **own, "highAvailability": {}}
