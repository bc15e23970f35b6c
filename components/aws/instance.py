"""The inputs of an RDS instance that follow from settings and discovery."""

from typing import Any

import pulumi

from components.aws.discovery import Placement
from components.aws.log_groups import LOGS
from components.aws.lookups import LiveInstance
from components.aws.machines import has_performance_insights
from components.aws.policy import LABELS, POLICY
from components.aws.settings import RestoreFrom, Settings
from components.connection import PORT
from components.guards import Refusal
from components.server.names import slug
from components.server.settings import ServerSettings

STRIPED_FROM_GIB = 400
"""From this size gp3 has four volumes, and needs these values of iops and storage throughput."""
STRIPED = {"iops": 12000, "storage_throughput": 500}


def refuse_standby_at_creation(server: ServerSettings) -> Refusal:
    """RDS takes a zone or a standby in the request that creates an instance, not both."""

    def refusal(call: pulumi.ResourceHookArgs) -> str | None:
        if not server.high_availability:
            return None
        return (
            "highAvailability: is true, but RDS cannot create an instance with both a standby and "
            "a chosen zone; type `pulumi config set highAvailability false` and `pulumi up`, then "
            "set it to true: the instance keeps its zone"
        )

    return refusal


def instance_inputs(server: ServerSettings, own: Settings, found: Placement) -> dict[str, Any]:
    """All inputs that need no other resource."""
    live, zone = found.live, found.zone
    upgrades = live is not None and server.major == live.version + 1
    grows = server.max_storage_gb > server.storage_gb
    return {
        "engine": "postgres",
        # A major version alone is possible, because minor upgrades are on.
        "engine_version": found.engine_version,
        "allow_major_version_upgrade": upgrades,
        "instance_class": POLICY.machine_of(server.size),
        "allocated_storage": server.storage_gb,
        "max_allocated_storage": server.max_storage_gb if grows else 0,
        "storage_type": "gp3",
        **(STRIPED if server.storage_gb >= STRIPED_FROM_GIB else {}),
        "storage_encrypted": True,
        "kms_key_id": own.server.kms_key_id or None,
        "port": PORT,
        "availability_zone": zone.name,
        "multi_az": server.high_availability,
        "publicly_accessible": False,
        "network_type": "IPV4",
        "ca_cert_identifier": "rds-ca-rsa2048-g1",
        "username": found.master_username,
        "tags": {**server.labels, LABELS.stack: server.spec.stack, LABELS.zone: zone.name},
        **_upkeep(server, own),
        **_restored(own.restore_from),
    }


def is_replaced(own: Settings, live: LiveInstance) -> bool:
    """Whether this update makes another instance in place of the live one."""
    return own.server.kms_key_id not in ("", live.key)


def ignored_changes(own: Settings, live: LiveInstance | None) -> list[str]:
    """The inputs that only count when an instance is made."""
    # A failover moves the zone; the restore source is read once.
    ignored = ["availabilityZone", "snapshotIdentifier", "restoreToPointInTime"]
    # "You can't change your Performance Insights KMS key": RDS keeps the one with which Performance
    # Insights began (github.com/hashicorp/terraform-provider-aws/issues/44046).
    if live and not is_replaced(own, live) and has_performance_insights(live.instance_class):
        ignored.append("performanceInsightsKmsKeyId")
    return ignored


def snapshot_prefix(stack: str) -> str:
    """How the final snapshot's name begins; RDS allows letters, digits and single hyphens."""
    return slug(f"coder-{stack}-final-")


def _upkeep(server: ServerSettings, own: Settings) -> dict[str, Any]:
    """Maintenance, backups, monitoring and deletion."""
    insights = has_performance_insights(POLICY.machine_of(server.size))
    return {
        "apply_immediately": server.apply_immediately,
        "auto_minor_version_upgrade": True,
        # The default enrols in extended support, which is charged for.
        "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        "maintenance_window": own.server.maintenance_window,
        "backup_window": own.server.backup_window,
        "backup_retention_period": server.backup_days,
        "copy_tags_to_snapshot": True,
        "delete_automated_backups": False,
        "deletion_protection": server.spec.protect,
        "skip_final_snapshot": False,
        "performance_insights_enabled": insights,
        "performance_insights_retention_period": 7 if insights else None,
        "performance_insights_kms_key_id": (own.server.kms_key_id or None) if insights else None,
        "database_insights_mode": "standard",
        "enabled_cloudwatch_logs_exports": list(LOGS),
    }


def _restored(source: RestoreFrom) -> dict[str, Any]:
    if source.snapshot:
        return {"snapshot_identifier": source.snapshot}
    if not source.instance:
        return {}
    time = {"restore_time": source.time} if source.time else {"use_latest_restorable_time": True}
    return {"restore_to_point_in_time": {"source_db_instance_identifier": source.instance, **time}}
