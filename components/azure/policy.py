"""What Azure allows, and what a change of each setting does to a flexible server."""

from components.azure import machines
from components.azure.limits import LABELS, STORAGE
from components.azure.rules import RULES, crosses_disk_limit, differs
from components.azure.settings import Settings
from components.connection import ConnectionTraits
from components.server.changes import Effect, SettingEffect
from components.server.policy import ServerPolicy
from components.server.settings import ServerSettings
from components.server.versions import same_major
from components.server.zone import Zone

POLICY = ServerPolicy(
    product="Azure",
    noun="server",
    # Older versions are in paid extended support.
    versions=range(14, 19),
    # https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-major-version-upgrade
    major_step=None,
    storage=STORAGE,
    # https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-backup-restore
    backup_days=range(7, 36),
    labels=LABELS,
    sizes=machines.SIZES,
    machine=machines.SKU,
    machine_example="Standard_E4ds_v5",
    effects=(
        SettingEffect(
            setting="size", inputs=("sku",), effect=Effect.INTERRUPTS, changed=differs("name")
        ),
        SettingEffect(
            setting="storageGb",
            inputs=("storage",),
            effect=Effect.INTERRUPTS,
            changed=crosses_disk_limit,
        ),
        SettingEffect(
            setting="postgresVersion",
            inputs=("version",),
            effect=Effect.INTERRUPTS,
            changed=lambda old, new: not same_major(old, new),
        ),
        SettingEffect(
            setting="highAvailability",
            inputs=("highAvailability",),
            effect=Effect.INTERRUPTS,
            changed=differs("mode"),
        ),
        SettingEffect(setting="maxStorageGb", effect=Effect.ONLINE),
        SettingEffect(setting="backupDays", effect=Effect.ONLINE),
        SettingEffect(setting="labels", effect=Effect.ONLINE),
        SettingEffect(setting="caCertificate", effect=Effect.ONLINE),
        SettingEffect(setting="zone", effect=Effect.REPLACES),
        SettingEffect(setting="server.resourceGroup", effect=Effect.REPLACES),
        # Of a standby that there is, neither its mode nor its zone can be changed.
        SettingEffect(setting="server.highAvailabilityMode", effect=Effect.REPLACES),
        SettingEffect(setting="server.standbyZone", effect=Effect.REPLACES),
        SettingEffect(setting="server.geoRedundantBackup", effect=Effect.REPLACES),
        # Another version of the key is taken online.
        SettingEffect(setting="server.keyUri", effect=Effect.REPLACES),
        SettingEffect(setting="server.identityId", effect=Effect.ONLINE),
        SettingEffect(setting="server.maintenanceWindow", effect=Effect.ONLINE),
        SettingEffect(setting="server.managementLock", effect=Effect.ONLINE),
        # Static ones wait for a restart, which Azure leaves to a person.
        SettingEffect(setting="server.parameters", effect=Effect.ONLINE),
    ),
    rules=RULES,
    deletion_guards=("azure-native:authorization:ManagementLockByScope",),
    final_backup="no backup: Azure deletes the backups with the server; to keep the data, make "
    "another stack with restoreFrom first, or dump the database",
)


def traits(asked: ServerSettings, own: Settings) -> ConnectionTraits:
    """What the settings alone tell of the connection."""
    given = own.server.parameter_strings.get("max_connections", "")
    default = machines.max_connections(POLICY.machine_of(asked.size))
    allowed = int(given) if given.isdecimal() else default
    return ConnectionTraits(
        ssl_mode="verify-full",
        has_ca=True,
        has_password=True,
        zone=Zone(asked.zone, asked.zone),
        max_connections=None if allowed is None else allowed - machines.RESERVED,
        version=int(asked.version) if asked.version.isdecimal() else None,
    )
