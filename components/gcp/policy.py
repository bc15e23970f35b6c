"""What Cloud SQL allows, and what a change of each setting does to a Cloud SQL instance."""

from typing import Any

from components.connection import ConnectionTraits
from components.gcp import machines
from components.gcp.labels import LABELS
from components.gcp.server_settings import CAS_CA
from components.gcp.settings import Settings
from components.guards import Inputs
from components.server.changes import Effect, SettingEffect
from components.server.parameters import is_static
from components.server.policy import ServerPolicy, StoragePolicy
from components.server.rules import keep_standby, keep_zone, pick, storage_steps, unchanged
from components.server.settings import ServerSettings
from components.server.zone import Zone

ADMIN = "coder_admin"
"""The admin login of every instance, a member of cloudsqlsuperuser."""
REPLACING = ("zone", "server.encryptionKeyName", "server.caMode")
ONLINE = (
    *("storageGb", "maxStorageGb", "backupDays", "labels", "caCertificate"),
    *("server.backupStartTime", "server.maintenanceWindow", "server.finalBackupDays"),
    "server.secondaryZone",
)
STORAGE = StoragePolicy(minimum=10, maximum=65536)


def static_flags_differ(old: Any, new: Any) -> bool:
    """Whether the instance restarts for the new flags.

    Of Cloud SQL's own flags, only the one for IAM logins needs no restart
    (cloud.google.com/sql/docs/postgres/flags, "Restart required").
    """
    return _static(old) != _static(new)


def _static(flags: Any) -> dict[str, str]:
    return {
        each["name"]: each["value"]
        for each in flags or []
        if is_static(each["name"])
        or (each["name"].startswith("cloudsql.") and "iam_authentication" not in each["name"])
    }


def has_standby(inputs: Inputs) -> bool:
    """Whether the instance has a standby in another zone."""
    return pick("settings.availabilityType")(inputs) == "REGIONAL"


POLICY = ServerPolicy(
    product="Cloud SQL",
    noun="instance",
    # Older versions need paid extended support.
    versions=range(14, 19),
    # Any higher version (docs.cloud.google.com/sql/docs/postgres/upgrade-major-db-version-inplace).
    major_step=None,
    storage=STORAGE,
    # The most backups that are retained (cloud.google.com/sql/docs/postgres/backup-recovery).
    backup_days=range(1, 366),
    labels=LABELS,
    sizes=machines.SIZES,
    machine=machines.TIER,
    machine_example="db-custom-4-16384",
    # Cloud SQL makes every change at once (cloud.google.com/sql/docs/postgres/instance-settings).
    effects=(
        SettingEffect(setting="size", inputs=("settings.tier",), effect=Effect.INTERRUPTS),
        SettingEffect(
            setting="postgresVersion", inputs=("databaseVersion",), effect=Effect.INTERRUPTS
        ),
        SettingEffect(
            setting="highAvailability",
            inputs=("settings.availabilityType",),
            effect=Effect.INTERRUPTS,
        ),
        SettingEffect(
            setting="server.edition", inputs=("settings.edition",), effect=Effect.INTERRUPTS
        ),
        SettingEffect(
            setting="server.databaseFlags",
            inputs=("settings.databaseFlags",),
            effect=Effect.INTERRUPTS,
            changed=static_flags_differ,
        ),
        *(SettingEffect(setting=each, effect=Effect.REPLACES) for each in REPLACING),
        *(SettingEffect(setting=each, effect=Effect.ONLINE) for each in ONLINE),
    ),
    rules=(
        unchanged(
            pick("settings.ipConfiguration.privateNetwork"),
            "network: the instance would move to another network, and its address would change; "
            "set network.privateNetwork back, or make a new stack with restoreFrom",
        ),
        unchanged(
            pick("name"),
            "The instance would be renamed, and Coder would lose its address; undo the change of "
            "its name",
        ),
        # "Updating server CA mode is currently not supported"
        # (GoogleCloudPlatform/k8s-config-connector#4514).
        unchanged(
            pick("settings.ipConfiguration.serverCaMode"),
            "server.caMode: Cloud SQL cannot change it; set it back, or make a new stack with "
            "restoreFrom.instance and restoreFrom.backupRunId",
        ),
        keep_zone(
            pick(f"settings.userLabels.{LABELS.zone}"),
            pick("settings.locationPreference.zone"),
            "Cloud SQL",
        ),
        storage_steps(STORAGE, pick("settings.diskSize"), pick("settings.diskAutoresizeLimit")),
        keep_standby(has_standby),
    ),
    deletion_guards=("deletionProtection", "settings.deletionProtectionEnabled"),
    final_backup="a final backup for server.finalBackupDays",
)


def traits(asked: ServerSettings, own: Settings) -> ConnectionTraits:
    """What the settings alone tell of the connection."""
    given = own.server.flags.get("max_connections", "")
    return ConnectionTraits(
        # An instance's own CA signs no name and no address.
        ssl_mode="verify-full" if own.server.ca_mode == CAS_CA else "verify-ca",
        has_ca=True,
        has_password=True,
        zone=Zone(asked.zone, asked.zone),
        max_connections=int(given)
        if given.isdecimal()
        else machines.max_connections(own.tier(asked.size)),
        max_connections_setting="server.databaseFlags.max_connections",
        version=int(asked.version) if asked.version.isdecimal() else None,
    )
