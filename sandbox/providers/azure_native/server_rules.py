"""The requests to create or change a flexible server that the service refuses."""

import re

from sandbox.providers.azure_native import (
    account,
    availability,
    encryption,
    logins,
    server_network,
    skus,
    storage,
    versions,
    windows,
)
from sandbox.providers.azure_native.errors import ApiError, invalid, not_simulated
from sandbox.providers.azure_native.server_state import BACKUP, target
from sandbox.providers.cloud.account import Data

NAME = r"[a-z0-9]([a-z0-9-]{1,61}[a-z0-9])"


def refuse_name(name: str, taken: set[str]) -> None:
    """Refuse a malformed name, and one that any customer uses: it is a DNS name."""
    if not re.fullmatch(NAME, name):
        raise invalid("serverName", "3 to 63 of a-z, 0-9 and -, not at an end.")
    if name in taken | account.TAKEN:
        raise ApiError("ServerNameAlreadyExists", "Specified server name is already used.", 409)


def refuse_new(data: Data, body: Data, *, restored: bool) -> None:
    """Raise the error with which the service refuses to create the server."""
    if body["location"].lower().replace(" ", "") != account.LOCATION:
        raise ApiError(
            "LocationNotAvailableForResourceType",
            f"The provided location '{body['location']}' is not available for resource type "
            "'Microsoft.DBforPostgreSQL/flexibleServers'.",
        )
    for key in ("sku", "version", "administratorLogin"):
        if not body.get(key):
            raise invalid(key)
    if not restored and body.get("administratorLoginPassword") is None:
        raise invalid("administratorLoginPassword")
    _refuse_others(body)
    versions.refuse_new(body["version"])
    skus.refuse(body["sku"])
    sizes = body.get("storage") or {}
    wanted = {**storage.DEFAULTS, **sizes}
    storage.refuse(wanted, None)
    storage.refuse_tier(wanted, {} if restored else sizes)
    backup = {**BACKUP, **(body.get("backup") or {})}
    windows.refuse_backup(backup, None)
    zone, standby = body.get("availabilityZone") or "", body.get("highAvailability") or {}
    availability.refuse(body["sku"], zone, standby)
    password = None if restored else body.get("administratorLoginPassword")
    logins.refuse(
        logins.authentication(body.get("authConfig")), body["administratorLogin"], password
    )
    encryption.refuse(body.get("dataEncryption") or {}, body.get("identity") or {}, backup, None)
    server_network.refuse(data, body.get("network") or {}, account.LOCATION)


def refuse_change(instance: Data, body: Data) -> None:
    """Raise the error with which the service refuses to change the server."""
    _refuse_others(body)
    wanted = target(instance, body)
    login = body.get("administratorLogin")
    if login is not None and login != instance["administratorLogin"]:
        raise invalid("administratorLogin", "It cannot be changed.")
    versions.refuse_upgrade(instance["version"], wanted["version"])
    skus.refuse(wanted["sku"])
    storage.refuse(wanted["storage"], instance["storage"])
    storage.refuse_tier(wanted["storage"], body.get("storage") or {})
    windows.refuse_backup(wanted["backup"], instance["backup"])
    windows.refuse_window(wanted["maintenanceWindow"])
    standby = body.get("highAvailability") or {}
    zone = body.get("availabilityZone") or ""
    availability.refuse_change(instance, zone, standby, wanted["sku"])
    mode = {"mode": wanted["highAvailability"]["mode"]}
    if mode["mode"] != instance["highAvailability"]["mode"]:
        mode |= standby
    availability.refuse(wanted["sku"], instance["availabilityZone"], mode)
    logins.refuse(wanted["authConfig"], None, body.get("administratorLoginPassword"))
    encryption.refuse(
        wanted["dataEncryption"],
        wanted["identity"],
        wanted["backup"],
        instance["dataEncryption"],
    )
    server_network.refuse_change(instance["network"], body.get("network") or {})


def _refuse_others(body: Data) -> None:
    for key in ("cluster", "replica", "replicationRole"):
        if body.get(key):
            raise not_simulated(f"{key} is an error")
