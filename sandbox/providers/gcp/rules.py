"""The requests to create or change an instance that Cloud SQL refuses."""

import re
import time

from sandbox.providers.cloud.account import Data
from sandbox.providers.gcp import account, addresses, flags, labels, tiers, versions
from sandbox.providers.gcp.errors import ApiError, invalid

WEEK = 7 * 24 * 3600
"""How long the name of a deleted instance can't be used again, in seconds."""
_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_KEY = re.compile(r"projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")


def refuse_name(data: Data, project: str, name: str) -> None:
    """Refuse an invalid name, and one that is or was in use."""
    if not _NAME.fullmatch(name) or len(f"{project}:{name}") > 98:
        raise invalid(f"Invalid full instance name: {project}:{name}")
    used = time.time() - data["deleted"].get(name, {}).get("time", 0) < WEEK
    if used or name in data["instances"]:
        raise ApiError(
            409,
            "The Cloud SQL instance already exists. When you delete an instance, you can't reuse "
            "the name of the deleted instance until one week from the deletion date.",
            "instanceAlreadyExists",
        )


def refuse_region(region: str) -> None:
    """Refuse an unknown region."""
    if not account.zones(region):
        raise ApiError(400, f"Invalid value for region: {region}.", "invalid")


def refuse_network(data: Data, project: str, instance: Data) -> None:
    """Refuse a network without private services access."""
    given = instance["settings"]["ipConfiguration"]
    if given["ipv4Enabled"]:
        raise invalid("not simulated: ipConfiguration.ipv4Enabled, a public address, is an error")
    link = given["privateNetwork"]
    if not link:
        raise invalid(
            "At least one of Public IP or Private IP or PSC connectivity must be enabled for this "
            "instance"
        )
    vpc = addresses.network_name(link)
    host = addresses.network_project(link, project)
    if host != project or vpc not in data["networks"] or not addresses.peered(data, vpc):
        raise invalid(
            "Incorrect Service Networking config for instance: "
            f"{project}:{instance['name']}:NETWORK_NOT_PEERED"
        )


def refuse(instance: Data) -> None:
    """Refuse what both a creation and an update refuse."""
    version, of = instance["databaseVersion"], instance["settings"]
    versions.major_of(version)
    tiers.refuse(of["tier"], of["edition"])
    flags.refuse(version, of)
    labels.refuse(of["userLabels"])
    _refuse_zones(of, account.zones(instance["region"]))
    _refuse_storage(of)
    _refuse_backups(of)
    _refuse_insights(of)
    _refuse_modes(of)
    key = _KEY.fullmatch(instance["encryptionKeyName"])
    if instance["encryptionKeyName"] and (not key or key[1] != instance["region"]):
        raise invalid(
            f"Invalid KMS key {instance['encryptionKeyName']}: it must be a key in the region "
            f"{instance['region']}"
        )


def _refuse_zones(of: Data, zones: list[str]) -> None:
    location = of["locationPreference"]
    for key in ("zone", "secondaryZone"):
        if location[key] and location[key] not in zones:
            raise invalid(f"Invalid zone {location[key]}: the instance's region has no such zone")
    if location["zone"] == location["secondaryZone"]:
        raise invalid("The secondary zone must be different from the primary zone")


def _refuse_storage(of: Data) -> None:
    if of["diskType"] not in ("PD_SSD", "PD_HDD"):
        raise invalid(f"not simulated: diskType {of['diskType']} is an error")
    if not 10 <= of["diskSize"] <= 65536:
        raise invalid(f"Invalid disk size {of['diskSize']} GB: it must be from 10 to 65536")
    if 0 < of["diskAutoresizeLimit"] < of["diskSize"]:
        raise invalid("The storage auto resize limit must not be less than the disk size")


def _refuse_backups(of: Data) -> None:
    backups, plus = of["backupConfiguration"], of["edition"] == "ENTERPRISE_PLUS"
    most = 35 if plus else 7
    if not 1 <= backups["transactionLogRetentionDays"] <= most:
        raise invalid(f"The number of transaction log retention days must be between 1 and {most}")
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", backups["startTime"]):
        raise invalid(f"Invalid backup start time: {backups['startTime']}")
    kept = backups["backupRetentionSettings"]
    if not 1 <= kept["retainedBackups"] <= 365:
        raise invalid("The number of retained backups must be between 1 and 365")
    if kept["retainedBackups"] < backups["transactionLogRetentionDays"] and backups["enabled"]:
        raise invalid(
            "The number of retained backups must not be less than the number of transaction log "
            "retention days"
        )
    if backups["binaryLogEnabled"]:
        raise invalid("Binary log can only be enabled for MySQL instances")
    if backups["pointInTimeRecoveryEnabled"] and not backups["enabled"]:
        raise invalid("Point-in-time recovery can only be enabled if backups are enabled")
    if of["availabilityType"] == "REGIONAL" and not backups["enabled"]:
        raise invalid("Backups must be enabled for a regional (high availability) instance")
    final = of.get("finalBackupConfig") or {}
    if final.get("enabled") and not 1 <= (final.get("retentionDays") or 30) <= 365:
        raise invalid("The retention days of the final backup must be between 1 and 365")


def _refuse_insights(of: Data) -> None:
    insights, plus = of.get("insightsConfig"), of["edition"] == "ENTERPRISE_PLUS"
    if not insights:
        return
    length, plans = (100000, 200) if plus else (4500, 20)
    if not 256 <= insights["queryStringLength"] <= length:
        raise invalid(f"The query string length must be between 256 and {length}")
    if not 0 <= insights["queryPlansPerMinute"] <= plans:
        raise invalid(f"The number of query plans per minute must be between 0 and {plans}")


def _refuse_modes(of: Data) -> None:
    network = of["ipConfiguration"]
    if network["sslMode"] == "TRUSTED_CLIENT_CERTIFICATE_REQUIRED":
        raise invalid("not simulated: an sslMode that requires client certificates is an error")
    if network["serverCaMode"] not in ("GOOGLE_MANAGED_INTERNAL_CA", "GOOGLE_MANAGED_CAS_CA"):
        raise invalid(f"not simulated: serverCaMode {network['serverCaMode']} is an error")
    if of["dataCacheConfig"]["dataCacheEnabled"] and of["edition"] != "ENTERPRISE_PLUS":
        raise invalid("Data cache is only supported for Enterprise Plus edition")
    if of["activationPolicy"] != "ALWAYS":
        raise invalid("not simulated: an activationPolicy other than ALWAYS is an error")
