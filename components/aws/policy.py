"""What RDS allows, and what a change of each setting does to an RDS instance."""

import re

from components.aws import machines
from components.aws.settings import Settings
from components.connection import ConnectionTraits
from components.guards import ChangeRule, Inputs
from components.server.changes import Effect, SettingEffect
from components.server.policy import LabelPolicy, ServerPolicy, StoragePolicy
from components.server.rules import keep_standby, keep_zone, pick, storage_steps, unchanged
from components.server.settings import ServerSettings
from components.server.versions import same_major
from components.server.zone import Zone

ADMIN = "coder_admin"
"""The master login of an instance that is not restored."""
DATABASE = "coder"
_TAG = r"[\w .:/=+@-]"
STORAGE = StoragePolicy(minimum=20, maximum=65536, growth_percent=10)
LABELS = LabelPolicy(
    name=re.compile(f"{_TAG}{{1,128}}"),
    value=re.compile(f"{_TAG}{{0,256}}"),
    rule="a name of 1 to 128 and a value of up to 256 letters, digits, spaces or _.:/=+-@",
    reserved=re.compile("aws:", re.IGNORECASE),
    most=48,
    stack="coder:stack",
    zone="coder:zone",
)


def refuse_standby_with_size(old: Inputs, new: Inputs) -> str | None:
    """RDS applies both by a failover, after which the primary is in another zone."""
    if not new.get("multiAz") or old.get("multiAz"):
        return None
    if old.get("instanceClass") == new.get("instanceClass"):
        return None
    return (
        "highAvailability: a standby and another size in one update move the server to another "
        "zone; change one of them, `pulumi up`, then change the other"
    )


POLICY = ServerPolicy(
    product="RDS",
    noun="instance",
    # Older and newer versions need paid extended support, or are not offered.
    versions=range(14, 19),
    major_step=1,
    storage=STORAGE,
    backup_days=range(1, 36),
    labels=LABELS,
    sizes=machines.SIZES,
    machine=machines.CLASS,
    machine_example="db.m7g.large",
    effects=(
        SettingEffect(setting="size", inputs=("instanceClass",), effect=Effect.WAITS_FOR_WINDOW),
        SettingEffect(
            setting="storageGb",
            inputs=("allocatedStorage",),
            effect=Effect.WAITS_FOR_WINDOW,
            changed=lambda old, new: isinstance(old, float | int) and new is not None and new > old,
        ),
        SettingEffect(
            setting="postgresVersion",
            inputs=("engineVersion",),
            effect=Effect.WAITS_FOR_WINDOW,
            # A live instance has a minor version, too.
            changed=lambda old, new: not same_major(old, new),
        ),
        SettingEffect(
            setting="highAvailability", inputs=("multiAz",), effect=Effect.WAITS_FOR_WINDOW
        ),
        SettingEffect(setting="maxStorageGb", effect=Effect.ONLINE),
        SettingEffect(setting="backupDays", effect=Effect.ONLINE),
        SettingEffect(setting="labels", effect=Effect.ONLINE),
        SettingEffect(setting="caCertificate", effect=Effect.ONLINE),
        SettingEffect(setting="zone", effect=Effect.REPLACES),
        SettingEffect(setting="server.kmsKeyId", effect=Effect.REPLACES),
        SettingEffect(setting="server.backupWindow", effect=Effect.ONLINE),
        SettingEffect(setting="server.maintenanceWindow", effect=Effect.ONLINE),
        SettingEffect(setting="server.logRetentionDays", effect=Effect.ONLINE),
        # Static ones wait for a reboot, which RDS leaves to a person.
        SettingEffect(setting="server.parameters", effect=Effect.ONLINE),
    ),
    rules=(
        unchanged(
            pick("dbSubnetGroupName"),
            "network: the instance would move to another subnet group, and its address would "
            "change; set network.vpcId and network.subnetIds back, or make a new stack with "
            "restoreFrom",
        ),
        unchanged(
            pick("identifier"),
            "The instance would be renamed, and Coder would lose its address; undo the change of "
            "its name",
        ),
        keep_zone(pick(f"tags.{LABELS.zone}"), pick("availabilityZone"), "RDS"),
        ChangeRule(validate_update=refuse_standby_with_size, impossible=True),
        storage_steps(STORAGE, pick("allocatedStorage"), pick("maxAllocatedStorage")),
        keep_standby(pick("multiAz")),
    ),
    deletion_guards=("deletionProtection",),
    final_backup="a final snapshot, and the automated backups until they expire",
)


def traits(asked: ServerSettings, own: Settings) -> ConnectionTraits:
    """What the settings alone tell of the connection."""
    given = own.server.parameter_strings.get("max_connections", "")
    machine = POLICY.machine_of(asked.size)
    return ConnectionTraits(
        ssl_mode="verify-full",
        has_ca=True,
        has_password=True,
        zone=Zone(asked.zone, asked.zone),
        max_connections=int(given) if given.isdecimal() else machines.max_connections(machine),
        max_connections_setting="server.parameters.max_connections",
        version=int(asked.version) if asked.version.isdecimal() else None,
    )
