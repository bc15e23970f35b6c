"""The stored record of an RDS instance: its fields, and how requests change them."""

import datetime
from typing import Any

from sandbox.providers.aws import machines, parameters, storage, versions
from sandbox.providers.aws.account import Data, arn, rds_resource_id, zones_of
from sandbox.providers.aws.errors import ApiError
from sandbox.providers.cloud.moments import is_recent

DOMAIN = "c9akciq32"
INTERNAL = (
    "applyImmediately",
    "created",
    "inForce",
    "optimizedUntil",
    "password",
    "pending",
    "work",
)
"""Keys of the record that are not outputs of the resource."""
STATE_ONLY = frozenset(
    (
        "allowMajorVersionUpgrade",
        "blueGreenUpdate",
        "deleteAutomatedBackups",
        "finalSnapshotIdentifier",
        "replicateSourceDb",
        "skipFinalSnapshot",
        "tags",
    )
)
"""A change of only these inputs does not call ModifyDBInstance."""
WAITING = frozenset(
    (
        "allocatedStorage",
        "caCertIdentifier",
        "engineVersion",
        "instanceClass",
        "iops",
        "multiAz",
        "storageThroughput",
        "storageType",
    )
)
"""Changes of these wait for the maintenance window unless they are applied immediately."""
LOWERCASED = frozenset(("engine", "maintenanceWindow"))
"""RDS stores these in lower case."""
UNSET = {
    "backupTarget": "region",
    "performanceInsightsRetentionPeriod": 0,
    **dict.fromkeys(
        (
            "characterSetName",
            "dbName",
            "domainFqdn",
            "identifierPrefix",
            "kmsKeyId",
            "masterUserSecretKmsKeyId",
            "monitoringRoleArn",
            "ncharCharacterSetName",
            "performanceInsightsKmsKeyId",
            "replicaMode",
            "snapshotIdentifier",
            "timezone",
        ),
        "",
    ),
}
"""The provider's outputs for properties that an instance does not have."""
DEFAULTS: Data = {
    "autoMinorVersionUpgrade": True,
    "backupRetentionPeriod": 0,
    "backupWindow": "06:11-06:41",
    "caCertIdentifier": "rds-ca-rsa2048-g1",
    "copyTagsToSnapshot": False,
    "databaseInsightsMode": "standard",
    "dedicatedLogVolume": False,
    "deleteAutomatedBackups": True,
    "deletionProtection": False,
    "engine": "postgres",
    "engineLifecycleSupport": "open-source-rds-extended-support",
    "enabledCloudwatchLogsExports": [],
    "iamDatabaseAuthenticationEnabled": False,
    "iops": 0,
    "licenseModel": "postgresql-license",
    "maintenanceWindow": "sat:07:20-sat:07:50",
    "maxAllocatedStorage": 0,
    "monitoringInterval": 0,
    "multiAz": False,
    "networkType": "IPV4",
    "performanceInsightsEnabled": False,
    "port": 5432,
    "publiclyAccessible": False,
    "skipFinalSnapshot": False,
    "storageEncrypted": False,
    "storageThroughput": 0,
    "storageType": "gp2",
    "vpcSecurityGroupIds": [],
}

NOT_RESTORED = frozenset(
    (
        "allocatedStorage",
        "backupRetentionPeriod",
        "backupWindow",
        "caCertIdentifier",
        "engineVersion",
        "maintenanceWindow",
        "networkType",
        "performanceInsightsEnabled",
        "performanceInsightsKmsKeyId",
        "performanceInsightsRetentionPeriod",
    )
)
"""Not sent with a restore to a point in time; the next update sends them."""


def source(data: Data, inputs: Data) -> Data:
    """The record of the snapshot or instance that a new instance is restored from, or {}."""
    if name := (inputs.get("snapshotIdentifier") or "").lower():
        if name not in data["snapshots"]:
            raise ApiError("DBSnapshotNotFound", f"DBSnapshot not found: {name}")
        return data["snapshots"][name]
    moment = inputs.get("restoreToPointInTime")
    if not moment:
        return {}
    name = moment.get("sourceDbInstanceIdentifier")
    found = data["instances"].get(name)
    if not found:
        raise ApiError("DBInstanceNotFound", f"DBInstance {name} not found.")
    if found["status"] != "available":
        raise ApiError("InvalidDBInstanceState", f"Instance {name} is not in available state.")
    if bool(moment.get("restoreTime")) == bool(moment.get("useLatestRestorableTime")):
        raise ApiError(
            "InvalidParameterCombination",
            "Exactly one of RestoreTime and UseLatestRestorableTime must be specified.",
        )
    if not found["backupRetentionPeriod"]:
        raise ApiError("PointInTimeRestoreNotEnabled", f"Backups are not enabled for {name}.")
    time = moment.get("restoreTime")
    if time and not is_recent(datetime.datetime.fromisoformat(time)):
        raise ApiError(
            "InvalidParameterValue",
            "not simulated: a restoreTime more than 15 minutes ago is an error",
        )
    return found


def new(region: str, data: Data, inputs: Data, tags: dict[str, str], origin: Data) -> Data:
    """The record of a new instance."""
    given = {key: value for key, value in inputs.items() if value is not None}
    from_source = ("engineVersion", "engineVersionActual", "allocatedStorage", "username", "dbName")
    from_source += ("storageEncrypted", "kmsKeyId")
    if "restoreToPointInTime" in given:
        given = {key: value for key, value in given.items() if key not in NOT_RESTORED}
        from_source += ("backupRetentionPeriod",)
    record = {**DEFAULTS, **given, **{key: origin[key] for key in from_source if key in origin}}
    version = record.setdefault("engineVersion", "17")
    major = versions.major_of(version)
    name = inputs["identifier"]
    address = f"{name}.{DOMAIN}.{region}.rds.amazonaws.com"
    if record["storageEncrypted"]:
        record.setdefault("kmsKeyId", arn(region, "kms", "key/0aws-rds"))
    record.setdefault("parameterGroupName", f"default.postgres{major}")
    record |= {
        "address": address,
        "arn": arn(region, "rds", f"db:{name}"),
        "endpoint": f"{address}:{record['port']}",
        "engineVersionActual": origin.get("engineVersionActual") or versions.full(version),
        "hostedZoneId": "Z2R2ITUGPM61AM",
        "listenerEndpoints": [],
        **{key: record[key].lower() for key in LOWERCASED},
        "masterUserSecrets": [],
        "optionGroupName": f"default:postgres-{major}",
        "pending": {},
        "region": region,
        "replicas": [],
        "resourceId": rds_resource_id(),
        "status": "creating",
        "tagsAll": tags,
        "upgradeRolloutOrder": "second",
        "work": None,
    }
    group = data["subnetGroups"].get(record.get("dbSubnetGroupName"))
    if "availabilityZone" not in record and group:
        record["availabilityZone"] = min(zones_of(data, group["subnetIds"]))
    record.pop("password", None)
    return record


def outputs(record: Data) -> dict[str, Any]:
    """The outputs of an instance."""
    kept = {
        key: value
        for key, value in record.items()
        if key not in INTERNAL and key not in STATE_ONLY - {"tags"}
    }
    now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    backed_up = record["backupRetentionPeriod"] and record["status"] != "creating"
    insights = {}
    if record["performanceInsightsEnabled"]:
        insights = {"performanceInsightsRetentionPeriod": 7}
    return {
        **UNSET,
        **insights,
        **kept,
        "latestRestorableTime": now if backed_up else "",
    }


def find(data: Data, id: str) -> Data | None:
    """The record by resource id or identifier."""
    for record in data["instances"].values():
        if id in (record["resourceId"], record["identifier"]):
            return record
    return None


def settings(data: Data, record: Data) -> dict[str, str]:
    """The settings of the PostgreSQL server: the class's default, then the parameters in force."""
    in_force = record.get("inForce")
    if in_force is None:
        in_force = parameters.in_group(data, record.get("parameterGroupName") or "")
    return {"max_connections": str(machines.max_connections(record["instanceClass"])), **in_force}


def modified(data: Data, record: Data, changes: Data) -> Data:
    """The record after a modification."""
    target = {**record, **{key: value for key, value in changes.items() if value is not None}}
    target |= {key: target[key].lower() for key in LOWERCASED}
    target |= storage.changed(record, changes)
    if (
        target["parameterGroupName"] != record["parameterGroupName"]
        and target.get("inForce") is None
    ):
        # A different parameter group takes effect only after a manual reboot.
        target["inForce"] = parameters.in_group(data, record["parameterGroupName"])
    if version := changes.get("engineVersion"):
        target |= _upgraded(record, target, versions.full(version))
    return target


def _upgraded(record: Data, target: Data, version: str) -> Data:
    major, found = versions.major_of(version), {"engineVersionActual": version}
    if major != versions.major_of(record["engineVersionActual"]):
        found |= {"inForce": None, "optionGroupName": f"default:postgres-{major}"}
        if target["parameterGroupName"].startswith("default."):
            found["parameterGroupName"] = f"default.postgres{major}"
    return found
