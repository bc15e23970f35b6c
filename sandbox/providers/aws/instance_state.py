"""The record that the simulated RDS keeps of an instance, and how it changes."""

import datetime
import math
import time
from typing import Any

from sandbox.providers.aws import groups, instance_schema, rules, servers
from sandbox.providers.aws.account import Cloud, Data, resource_id, seconds, zones_of
from sandbox.providers.aws.common import tags_all
from sandbox.providers.aws.errors import ApiError
from sandbox.providers.framework.operation import Operation

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
CONNECTION_BYTES = 9531392
GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}
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
"""Not sent with a restore to a time: from the source or RDS's defaults, until the next update."""
STORAGE = frozenset(("allocatedStorage", "iops", "storageThroughput", "storageType"))
OPTIMIZING = 3
"""How many times as long as anything else the storage is optimized after a change."""


def source(data: Data, inputs: Data) -> Data:
    """The record of what a new instance is restored from; empty for an empty one."""
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
    if moment.get("restoreTime"):
        raise ApiError(
            "InvalidParameterValue",
            "the simulated AWS keeps no logs: it restores to the latest time only",
        )
    return found


def new(op: Operation, cloud: Cloud, data: Data, inputs: Data, origin: Data) -> Data:
    """The record of an instance that is being made."""
    given = {key: value for key, value in inputs.items() if value is not None}
    taken = ("engineVersion", "engineVersionActual", "allocatedStorage", "username", "dbName")
    taken += ("storageEncrypted", "kmsKeyId")
    if "restoreToPointInTime" in given:
        given = {key: value for key, value in given.items() if key not in NOT_RESTORED}
        taken += ("backupRetentionPeriod",)
    record = {**DEFAULTS, **given, **{key: origin[key] for key in taken if key in origin}}
    version = record.setdefault("engineVersion", "17")
    major = rules.major_of(version)
    id, name = resource_id(), inputs["identifier"]
    address = f"{name}.{DOMAIN}.{cloud.region}.rds.amazonaws.com"
    if record["storageEncrypted"]:
        record.setdefault("kmsKeyId", cloud.arn("kms", "key/0aws-rds"))
    record.setdefault("parameterGroupName", f"default.postgres{major}")
    record |= {
        "address": address,
        "arn": cloud.arn("rds", f"db:{name}"),
        "endpoint": f"{address}:{record['port']}",
        "engineVersionActual": origin.get("engineVersionActual") or rules.VERSIONS[major],
        "hostedZoneId": "Z2R2ITUGPM61AM",
        "listenerEndpoints": [],
        **{key: record[key].lower() for key in instance_schema.LOWERED},
        "masterUserSecrets": [],
        "optionGroupName": f"default:postgres-{major}",
        "pending": {},
        "region": cloud.region,
        "replicas": [],
        "resourceId": id,
        "status": "creating",
        "tagsAll": tags_all(op, inputs),
        "upgradeRolloutOrder": "second",
    }
    group = data["subnetGroups"].get(record.get("dbSubnetGroupName"))
    if "availabilityZone" not in record and group:
        record["availabilityZone"] = min(zones_of(data, group["subnetIds"]))
    record.pop("password", None)
    return record


def speed(record: Data) -> Data:
    """What a gp3 volume of its size has where nothing is asked for."""
    if record["storageType"] != "gp3":
        return {}
    large = record["allocatedStorage"] >= rules.SMALL_FOR_IOPS
    iops, throughput = (12000, 500) if large else (3000, 125)
    return {
        "iops": record["iops"] or iops,
        "storageThroughput": record["storageThroughput"] or throughput,
    }


def outputs(record: Data) -> dict[str, Any]:
    """What the provider reads of an instance."""
    kept = {
        key: value
        for key, value in record.items()
        if key not in INTERNAL and key not in instance_schema.STATE_ONLY - {"tags"}
    }
    now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    backed_up = record["backupRetentionPeriod"] and record["status"] != "creating"
    insights = {}
    if record["performanceInsightsEnabled"]:
        insights = {"performanceInsightsRetentionPeriod": 7}
    return {
        **instance_schema.ABSENT,
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


def put(cloud: Cloud, name: str, /, **values: Any) -> Data:
    """Change the record."""
    with cloud.change() as data:
        data["instances"][name] |= values
    return data["instances"][name]


def settings(data: Data, record: Data) -> dict[str, str]:
    """What the real server is told: RDS's default for the class, then the parameters in force."""
    parameters = record.get("inForce")
    if parameters is None:
        parameters = groups.settings(data, record)
    return {"max_connections": str(_connections(record)), **parameters}


def apply(cloud: Cloud, identifier: str, changes: Data) -> Data:
    """Make the changes, restart where they need it, and be available again."""
    data = cloud.look()
    record = data["instances"][identifier]
    behind = servers.chosen()
    target = {**record, **{key: value for key, value in changes.items() if value is not None}}
    target |= {key: target[key].lower() for key in instance_schema.LOWERED}
    if grown := changes.get("allocatedStorage"):
        least = math.ceil(record["allocatedStorage"] * 1.1)
        target["allocatedStorage"] = (
            max(grown, least) if grown > record["allocatedStorage"] else grown
        )
    another = target["parameterGroupName"] != record["parameterGroupName"]
    if another and target.get("inForce") is None:
        # It is in force only after a reboot by hand.
        target["inForce"] = groups.settings(data, record)
    if "storageType" in changes:
        target |= dict.fromkeys({"iops", "storageThroughput"} - changes.keys(), 0)
    if version := changes.get("engineVersion"):
        major = rules.major_of(version)
        target["engineVersionActual"] = rules.VERSIONS[major]
        if major != rules.major_of(record["engineVersionActual"]):
            target |= {"inForce": None, "optionGroupName": f"default:postgres-{major}"}
            if target["parameterGroupName"].startswith("default."):
                target["parameterGroupName"] = f"default.postgres{major}"
            behind.upgrade(target, settings(data, target))
    if "instanceClass" in changes:
        behind.restart(target, settings(data, target))
    target |= speed(target)
    changed = {key: value for key, value in target.items() if record.get(key) != value}
    if changed.keys() & STORAGE:
        changed["optimizedUntil"] = time.time() + OPTIMIZING * seconds()
    with cloud.change() as data:
        record = data["instances"][identifier]
        pending = {key: each for key, each in record["pending"].items() if key not in changes}
        record |= {**changed, "pending": pending, "status": "available", "work": None}
    return record


def _connections(record: Data) -> int:
    size = record["instanceClass"].rsplit(".", 1)[-1]
    times = size.removesuffix("xlarge")
    memory = GIB.get(size) or 16 * int(times or 1)
    # A real server makes room for each; more than this is of no use to anyone here.
    return min(int(memory * 2**30 * 0.9 / CONNECTION_BYTES), 1000)
