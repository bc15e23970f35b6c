"""The inputs of a flexible server that follow from settings and discovery.

The provider drops unknown nested keys without a word: nested objects are the SDK's classes.
"""

from typing import Any

import pulumi_azure_native as azure

from components.azure import machines
from components.azure.creation import create_mode, creation_inputs, tags
from components.azure.discovery import Placement
from components.azure.limits import ADMIN
from components.azure.live_checks import grows
from components.azure.policy import POLICY
from components.azure.settings import Settings
from components.server.settings import ServerSettings
from components.server.windows import DAYS


def server_inputs(server: ServerSettings, own: Settings, found: Placement) -> dict[str, Any]:
    """All inputs that need no other resource."""
    sku = POLICY.machine_of(server.size)
    grown = found.live.storage_gb if found.live and grows(server) else 0
    return {
        "resource_group_name": own.resource_group,
        "server_name": found.network.server_name,
        "location": found.region,
        "version": server.version,
        "administrator_login": ADMIN,
        # Both, because one alone may switch the other off.
        "auth_config": azure.dbforpostgresql.AuthConfigArgs(
            password_auth="Enabled", active_directory_auth="Disabled"
        ),
        "availability_zone": found.zone.name if found.zone else None,
        "sku": azure.dbforpostgresql.SkuArgs(name=sku, tier=machines.tier(sku)),
        "storage": azure.dbforpostgresql.StorageArgs(
            storage_size_gb=max(server.storage_gb, grown),
            auto_grow=_switch(grows(server)),
        ),
        "backup": azure.dbforpostgresql.BackupArgs(
            backup_retention_days=server.backup_days,
            geo_redundant_backup=_switch(own.server.geo_redundant_backup),
        ),
        "high_availability": azure.dbforpostgresql.HighAvailabilityArgs(
            mode=own.server.high_availability_mode if server.high_availability else "Disabled",
            standby_availability_zone=own.server.standby_zone or None
            if server.high_availability
            else None,
        ),
        "maintenance_window": _window(own.server.maintenance_window if found.live else ""),
        **_encryption(own),
        **creation_inputs(own, found),
        "tags": tags(server, own, found),
        "create_mode": create_mode(server, found),
    }


def _window(asked: str) -> "azure.dbforpostgresql.MaintenanceWindowArgs":
    """Azure's own, or the asked one. Azure ignores it at creation, and keeps what is left out."""
    day, hour, minute = (asked or "sun:00:00").lower().split(":")
    return azure.dbforpostgresql.MaintenanceWindowArgs(
        custom_window=_switch(bool(asked)),
        day_of_week=(DAYS.index(day) + 1) % len(DAYS),  # Azure's week begins with Sunday, 0
        start_hour=int(hour),
        start_minute=int(minute),
    )


def _encryption(own: Settings) -> dict[str, Any]:
    key, identity = own.server.key_uri, own.server.identity_id
    if not key:
        return {}
    return {
        "identity": azure.dbforpostgresql.UserAssignedIdentityArgs(
            type="UserAssigned",
            user_assigned_identities={identity: azure.dbforpostgresql.UserIdentityArgs()},
        ),
        "data_encryption": azure.dbforpostgresql.DataEncryptionArgs(
            type="AzureKeyVault", primary_key_uri=key, primary_user_assigned_identity_id=identity
        ),
    }


def _switch(on: bool) -> str:
    return "Enabled" if on else "Disabled"
