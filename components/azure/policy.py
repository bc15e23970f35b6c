"""What Azure allows, and what a change of each setting does to a flexible server."""

from components.azure import machines
from components.azure.limits import LABELS, STORAGE
from components.azure.rules import RULES, crosses_disk_limit
from components.azure.settings import Settings
from components.connection import ConnectionTraits
from components.server.changes import Effect, SettingEffect
from components.server.policy import ServerPolicy
from components.server.settings import ServerSettings
from components.server.zone import Zone

REPLACING = (
    *("zone", "server.resourceGroup", "server.geoRedundantBackup"),
    # Of a standby that there is, neither can be changed.
    *("server.highAvailabilityMode", "server.standbyZone"),
)
ONLINE = (
    *("maxStorageGb", "backupDays", "labels", "caCertificate", "server.identityId"),
    *("server.maintenanceWindow", "server.managementLock"),
    # Another key; a rule refuses the change between a key of one's own and Azure's.
    # https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-data-encryption
    "server.keyUri",
    # Static ones wait for a restart, which Azure leaves to a person.
    "server.parameters",
)
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
    # Azure makes every change at once; its window is for its own updates.
    effects=(
        SettingEffect(setting="size", inputs=("sku.name",), effect=Effect.INTERRUPTS),
        SettingEffect(
            setting="storageGb",
            inputs=("storage.storageSizeGB",),
            effect=Effect.INTERRUPTS,
            changed=crosses_disk_limit,
        ),
        SettingEffect(
            setting="postgresVersion",
            inputs=("version",),
            effect=Effect.INTERRUPTS,
        ),
        SettingEffect(
            setting="highAvailability",
            inputs=("highAvailability.mode",),
            effect=Effect.INTERRUPTS,
        ),
        *(SettingEffect(setting=each, effect=Effect.REPLACES) for each in REPLACING),
        *(SettingEffect(setting=each, effect=Effect.ONLINE) for each in ONLINE),
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
