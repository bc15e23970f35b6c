"""The inputs of a Cloud SQL instance that follow from settings and discovery."""

from typing import Any

from components.gcp.discovery import Placement
from components.gcp.labels import LABELS
from components.gcp.machines import ENTERPRISE_PLUS
from components.gcp.settings import Settings
from components.server.names import slug
from components.server.settings import ServerSettings
from components.server.windows import day_and_hour

LOG_DAYS, PLUS_LOG_DAYS = 7, 35
"""The most days of transaction logs that each edition keeps."""
NAME_LENGTH = 40
"""Project and name have at most 98 characters together; a project has up to 30."""


def name_prefix(stack: str) -> str:
    """How the instance's name begins: lower-case letters, digits and single hyphens."""
    return f"{slug(f'coder-{stack}').lower()[:NAME_LENGTH].rstrip('-')}-"


def instance_inputs(server: ServerSettings, own: Settings, found: Placement) -> dict[str, Any]:
    """All inputs that need no other resource."""
    return {
        "project": found.project,
        "region": found.region,
        "database_version": f"POSTGRES_{server.version}",
        "encryption_key_name": own.server.encryption_key_name or None,
        "deletion_protection": server.spec.protect,
        "settings": {
            # Left out, PostgreSQL 16 and later get ENTERPRISE_PLUS.
            "edition": own.edition(server.size),
            "tier": own.tier(server.size),
            **_storage(server),
            **_placement(server, own, found),
            **_upkeep(server, own),
            "user_labels": {
                **server.labels,
                LABELS.stack: LABELS.spelled(server.spec.stack),
                LABELS.zone: found.zone.name,
            },
        },
        **_restored(own, found),
    }


def _storage(server: ServerSettings) -> dict[str, Any]:
    grows = server.max_storage_gb > server.storage_gb
    return {
        "disk_type": "PD_SSD",
        "disk_size": server.storage_gb,
        "disk_autoresize": grows,
        "disk_autoresize_limit": server.max_storage_gb if grows else 0,
    }


def _placement(server: ServerSettings, own: Settings, found: Placement) -> dict[str, Any]:
    standby = {"secondary_zone": found.secondary_zone} if server.high_availability else {}
    return {
        "availability_type": "REGIONAL" if server.high_availability else "ZONAL",
        "location_preference": {"zone": found.zone.name, **standby},
        "ip_configuration": {
            "ipv4_enabled": False,
            "private_network": found.private_services.network,
            **_range(own),
            "ssl_mode": "ENCRYPTED_ONLY",
            "server_ca_mode": own.server.ca_mode,
        },
    }


def _range(own: Settings) -> dict[str, str]:
    given = own.network.allocated_ip_range
    return {"allocated_ip_range": given} if given else {}


def _upkeep(server: ServerSettings, own: Settings) -> dict[str, Any]:
    """Maintenance, backups, monitoring and deletion."""
    day, hour = day_and_hour(own.server.maintenance_window)
    plus = own.edition(server.size) == ENTERPRISE_PLUS
    flags = [{"name": name, "value": value} for name, value in sorted(own.server.flags.items())]
    return {
        "backup_configuration": {
            "enabled": True,
            "start_time": own.server.backup_start_time,
            # One backup is made each day.
            "backup_retention_settings": {
                "retained_backups": server.backup_days,
                "retention_unit": "COUNT",
            },
            "point_in_time_recovery_enabled": True,
            "transaction_log_retention_days": min(
                server.backup_days, PLUS_LOG_DAYS if plus else LOG_DAYS
            ),
        },
        "maintenance_window": {"day": day, "hour": hour, "update_track": "stable"},
        "insights_config": {"query_insights_enabled": True, "query_string_length": 1024},
        **({"database_flags": flags} if flags else {}),
        "deletion_protection_enabled": server.spec.protect,
        "final_backup_config": {"enabled": True, "retention_days": own.server.final_backup_days},
    }


def _restored(own: Settings, found: Placement) -> dict[str, Any]:
    """Where the data comes from; the provider applies the settings to a clone afterwards."""
    source = own.restore_from
    if not source.instance:
        return {}
    if source.backup_run_id:
        return {
            "restore_backup_context": {
                "backup_run_id": source.backup_run_id,
                "instance_id": source.instance,
                "project": found.project,
            }
        }
    return {
        "clone": {
            "source_instance_name": source.instance,
            **({"point_in_time": source.time} if source.time else {}),
            "preferred_zone": found.zone.name,
            **_range(own),
        }
    }
