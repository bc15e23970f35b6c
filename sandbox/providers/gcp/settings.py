"""The settings of an instance: what Cloud SQL fills in, and what the provider sends."""

import secrets

from sandbox.providers.cloud.account import Data
from sandbox.providers.gcp import account

INTERNAL_CA = "GOOGLE_MANAGED_INTERNAL_CA"
CAS_CA = "GOOGLE_MANAGED_CAS_CA"
PLAINTEXT = "ALLOW_UNENCRYPTED_AND_ENCRYPTED"


def complete(given: Data, default_edition: str, region: str) -> Data:
    """The given settings as the API reports them."""
    edition = given.get("edition") or default_edition
    plus = edition == "ENTERPRISE_PLUS"
    found = {
        "activationPolicy": "ALWAYS",
        "availabilityType": "ZONAL",
        "collation": "",
        "connectorEnforcement": "NOT_REQUIRED",
        "dataApiAccess": "",
        "dataCacheConfig": {"dataCacheEnabled": False},
        "dataDiskProvisionedIops": 0,
        "dataDiskProvisionedThroughput": 0,
        "databaseFlags": [],
        "deletionProtectionEnabled": False,
        "diskAutoresize": True,
        "diskAutoresizeLimit": 0,
        "diskSize": 10,
        "diskType": "PD_SSD",
        "enableDataplexIntegration": False,
        "enableGoogleMlIntegration": False,
        "pricingPlan": "PER_USE",
        "readPoolAutoScaleConfig": {"enabled": False},
        "retainBackupsOnDelete": False,
        "timeZone": "",
        "userLabels": {},
        **_present(given),
        "backupConfiguration": _backups(given.get("backupConfiguration") or {}, plus),
        "edition": edition,
        "ipConfiguration": _addresses(given.get("ipConfiguration") or {}),
        "locationPreference": dict(_present(given.get("locationPreference") or {})),
        "version": 1,
    }
    found["diskType"] = str(found["diskType"]).upper().replace("-", "_")
    if "insightsConfig" in found:
        found["insightsConfig"] = _insights(found["insightsConfig"])
    return placed(found, region)


def placed(settings: Data, region: str) -> Data:
    """The settings with the zones that Cloud SQL chooses where none is given."""
    location = {"followGaeApplication": "", "secondaryZone": "", **settings["locationPreference"]}
    zones = account.zones(region)
    location["zone"] = location.get("zone") or zones[0]
    if settings["availabilityType"] == "REGIONAL" and not location["secondaryZone"]:
        location["secondaryZone"] = next(each for each in zones if each != location["zone"])
    return {
        **settings,
        "effectiveAvailabilityType": settings["availabilityType"],
        "locationPreference": location,
    }


def updated(before: Data, wanted: Data, region: str) -> Data:
    """The settings after an update: all of them are sent, and what is not given is unset."""
    given = {key: each for key, each in _present(wanted).items() if key != "version"}
    found = complete(given, before["edition"], region)
    return {**found, "version": before["version"] + 1}


def _present(given: Data) -> Data:
    return {key: each for key, each in given.items() if each is not None}


def _backups(given: Data, plus: bool) -> Data:
    kept = {"retainedBackups": 15 if plus else 7, "retentionUnit": "COUNT"}
    return {
        "backupTier": "STANDARD",
        "binaryLogEnabled": False,
        "enabled": False,
        "location": "",
        "pointInTimeRecoveryEnabled": False,
        "startTime": f"{secrets.randbelow(24):02}:00",
        "transactionLogRetentionDays": 14 if plus else 7,
        **_present(given),
        "backupRetentionSettings": kept | _present(given.get("backupRetentionSettings") or {}),
    }


def _addresses(given: Data) -> Data:
    return {
        "allocatedIpRange": "",
        "customSubjectAlternativeNames": [],
        "enablePrivatePathForGoogleCloudServices": False,
        "ipv4Enabled": True,
        "privateNetwork": "",
        "serverCaMode": INTERNAL_CA,
        "serverCaPool": "",
        "serverCertificateRotationMode": "",
        "sslMode": PLAINTEXT,
        **_present(given),
    }


def _insights(given: Data) -> Data:
    return {
        "enhancedQueryInsightsEnabled": False,
        "queryInsightsEnabled": False,
        "queryPlansPerMinute": 5,
        "queryStringLength": 1024,
        "recordApplicationTags": False,
        "recordClientAddress": False,
        **_present(given),
    }
