"""The inputs of an RDS instance that follow from what is asked for."""

import re
from typing import Any

from components import connection
from components.aws import machines
from components.aws.arguments import PostgresArgs
from components.aws.running import STACK_TAG, ZONE_TAG
from components.aws.settings import RestoreArgs

LOGS = ("postgresql", "upgrade")
STRIPED_FROM_GIB = 400
"""From here on gp3 has four volumes, and RDS refuses what the smaller server had of these two."""
STRIPED = {"iops": 12000, "storage_throughput": 500}


def inputs(args: PostgresArgs) -> dict[str, Any]:
    """All that needs no other resource."""
    return {**_machine(args), **_upkeep(args), **_restored(args.restore_from)}


def _machine(args: PostgresArgs) -> dict[str, Any]:
    """What the server is."""
    grows = args.max_storage_gb > args.storage_gb
    return {
        "engine": "postgres",
        # A major version alone is legal as minor upgrades are on.
        "engine_version": args.version,
        "allow_major_version_upgrade": args.upgrades,
        "instance_class": args.instance_class,
        "allocated_storage": args.storage_gb,
        "max_allocated_storage": args.max_storage_gb if grows else 0,
        "storage_type": "gp3",
        **(STRIPED if args.storage_gb >= STRIPED_FROM_GIB else {}),
        "storage_encrypted": True,
        "kms_key_id": args.server.kms_key_id or None,
        "port": connection.PORT,
        "availability_zone": args.zone,
        "multi_az": args.high_availability,
        "publicly_accessible": False,
        "network_type": "IPV4",
        "ca_cert_identifier": "rds-ca-rsa2048-g1",
        "tags": {**args.labels, STACK_TAG: args.spec.stack, ZONE_TAG: args.zone},
    }


def _upkeep(args: PostgresArgs) -> dict[str, Any]:
    """What happens to the server while it lives, and when it goes."""
    insights = machines.has_performance_insights(args.instance_class)
    return {
        "apply_immediately": args.apply_immediately,
        "auto_minor_version_upgrade": True,
        # The default enrols in extended support, which is paid for.
        "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        "maintenance_window": args.server.maintenance_window,
        "backup_window": args.server.backup_window,
        "backup_retention_period": args.backup_days,
        "copy_tags_to_snapshot": True,
        "delete_automated_backups": False,
        "deletion_protection": args.spec.protect,
        "skip_final_snapshot": False,
        "performance_insights_enabled": insights,
        "performance_insights_retention_period": 7 if insights else None,
        "database_insights_mode": "standard",
        "enabled_cloudwatch_logs_exports": list(LOGS),
    }


def _restored(source: RestoreArgs) -> dict[str, Any]:
    if source.snapshot:
        return {"snapshot_identifier": source.snapshot}
    if not source.instance:
        return {}
    time = {"restore_time": source.time} if source.time else {"use_latest_restorable_time": True}
    return {"restore_to_point_in_time": {"source_db_instance_identifier": source.instance, **time}}


def snapshot_prefix(stack: str) -> str:
    """As RDS takes it: a letter first, then letters, digits and single hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", f"coder-{stack}-final-")
