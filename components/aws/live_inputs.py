"""What an RDS instance has of the inputs of its resource."""

from typing import Any

from pulumi_aws import rds


def live_inputs(found: "rds.GetInstanceResult") -> dict[str, Any]:
    """What the instance has of its inputs, by their names.

    Not the version: the state has one that waits for the maintenance window, too.
    """
    return {
        "allocatedStorage": found.allocated_storage,
        "backupRetentionPeriod": found.backup_retention_period,
        "backupWindow": found.preferred_backup_window,
        "instanceClass": found.db_instance_class,
        "maintenanceWindow": found.preferred_maintenance_window,
        "maxAllocatedStorage": found.max_allocated_storage,
        "multiAz": found.multi_az,
        "parameterGroupName": next(iter(found.db_parameter_groups), None),
    }
