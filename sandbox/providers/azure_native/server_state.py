"""The stored record of a flexible server: its fields, and how requests change them."""

import secrets
from typing import Any

from sandbox.providers.azure_native import (
    availability,
    encryption,
    logins,
    server_network,
    shape,
    storage,
    versions,
    windows,
)
from sandbox.providers.azure_native.account import TENANT
from sandbox.providers.cloud.account import Data

WRITE_ONLY = ("administratorLoginPassword", "createMode", "pointInTimeUTC")
BACKUP: Data = {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"}


def new(id: str, name: str, body: Data, created: str) -> Data:
    """The record of a new server; the request was accepted."""
    zone, standby = availability.placed(
        body.get("availabilityZone") or "", body.get("highAvailability") or {}
    )
    sizes = body.get("storage") or {}
    return {
        "id": id,
        "name": name,
        "server": f"az-{secrets.token_hex(10)}",
        "created": created,
        "location": body["location"].lower().replace(" ", ""),
        "tags": body.get("tags") or {},
        "administratorLogin": body["administratorLogin"],
        "authConfig": logins.authentication(body.get("authConfig")),
        "availabilityZone": zone,
        "backup": {**BACKUP, **(body.get("backup") or {}), "earliestRestoreDate": created},
        "dataEncryption": {**encryption.SYSTEM, **(body.get("dataEncryption") or {})},
        "fullyQualifiedDomainName": f"{name.lower()}.{server_network.DOMAIN}",
        "highAvailability": standby,
        "identity": body.get("identity") or {},
        # Only an update sets it (x-ms-mutability update, read).
        "maintenanceWindow": windows.SYSTEM_MANAGED,
        "network": server_network.completed(body.get("network") or {}),
        "sku": body["sku"],
        "sourceServerResourceId": body.get("sourceServerResourceId"),
        "storage": storage.completed({**storage.DEFAULTS, **sizes}, sizes),
        "version": body["version"],
        "configurations": {},
        "inForce": {},
        "databases": {},
        "pending": {},
        "work": None,
    }


def target(instance: Data, body: Data) -> Data:
    """What the server shall be after a PUT of the body, in the keys of a request."""
    kept = {key: value for key, value in body.items() if key not in WRITE_ONLY}
    return shape.merged(instance, kept)


def changes(instance: Data, body: Data) -> Data:
    """The parts of the server that a PUT changes."""
    wanted = target(instance, body)
    zone = instance["availabilityZone"]
    standby = dict(wanted["highAvailability"])
    old = instance["highAvailability"]
    if standby["mode"] == old["mode"]:
        standby = old  # another zone would have been refused
    elif "standbyAvailabilityZone" not in (body.get("highAvailability") or {}):
        standby.pop("standbyAvailabilityZone", None)
    if standby is not old:
        standby = availability.with_standby(zone, standby)
    wanted |= {
        "availabilityZone": zone,
        "highAvailability": standby,
        "location": instance["location"],
        "network": server_network.completed(wanted["network"]),
        "storage": storage.completed(wanted["storage"], body.get("storage") or {}),
    }
    return {key: value for key, value in wanted.items() if instance.get(key) != value}


def outputs(instance: Data) -> dict[str, Any]:
    """The outputs that are not stored as they are."""
    identity = instance["identity"]
    return {
        "dataEncryption": encryption.outputs(instance["dataEncryption"]),
        "identity": {**identity, "tenantId": TENANT} if identity else None,
        "minorVersion": versions.MINORS[instance["version"]],
        "network": {key: value for key, value in instance["network"].items() if value is not None},
        "replica": {"capacity": 5, "role": "Primary", "replicationState": ""},
        "replicaCapacity": 5,
        "replicationRole": "Primary",
        "state": instance["status"],
    }
