"""What RDS refuses of an instance, at its creation and at a modification."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.aws.account import Data, zones_of
from sandbox.providers.aws.errors import ApiError, invalid

VERSIONS = {"13": "13.22", "14": "14.19", "15": "15.14", "16": "16.10", "17": "17.6", "18": "18.1"}
"""The newest minor version of each major that RDS has."""
OUT_OF_SUPPORT = {"13"}
_SIZES = """
c6gd: medium large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
m6g m6gd m7g r6g r6gd r7g x2g: large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge
m5 m5d r5 r5b r5d: large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge
m6i m6id m6idn m6in r6i r6id r6idn r6in:
    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge
m7i m8g m8gd r7i r8g r8gd:
    large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge
t3 t4g: micro small medium large xlarge 2xlarge
x2idn: 16xlarge 24xlarge 32xlarge
x2iedn: xlarge 2xlarge 4xlarge 8xlarge 16xlarge 24xlarge 32xlarge
z1d: large xlarge 2xlarge 3xlarge 6xlarge 12xlarge
"""
CLASSES = frozenset(
    f"db.{family}.{size}"
    for line in _SIZES.replace(":\n", ":").strip().splitlines()
    for family in line.split(":")[0].split()
    for size in line.split(":")[1].split()
)
"""The classes that RDS has for PostgreSQL."""
RESERVED = ("admin", "rdsadmin", "rdsrepladmin", "rdstopmgr", "user")
RESERVED_DATABASES = ("postgres", "rdsadmin", "db", "template0", "template1")
STORAGE = {"gp2": (20, 65536), "gp3": (20, 65536), "io1": (100, 65536), "io2": (100, 65536),
           "standard": (5, 3072)}  # fmt: skip
INSIGHTS_DAYS = (7, 731, *(31 * months for months in range(1, 24)))
SMALL_FOR_IOPS = 400
LICENSE = "postgresql-license"
OPTIONS = "default:postgres-"
AUTHORITIES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def refuse_new(data: Data, inputs: Mapping[str, Any]) -> None:
    """Raise what CreateDBInstance, or a restore, answers to these inputs."""
    if inputs["identifier"] in data["instances"]:
        raise ApiError("DBInstanceAlreadyExists", "DB instance already exists")
    if inputs.get("multiAz") and inputs.get("availabilityZone"):
        raise invalid(
            "Requesting a specific availability zone is not valid for Multi-AZ instances."
        )
    restored = inputs.get("snapshotIdentifier") or inputs.get("restoreToPointInTime")
    if not restored:
        username = inputs["username"]
        if username.lower() in RESERVED:
            raise ApiError(
                "InvalidParameterValue",
                f"MasterUsername {username} cannot be used as it is a reserved word used by the "
                "engine",
            )
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,15}", username):
            raise ApiError(
                "InvalidParameterValue", f"The parameter MasterUserName is not valid: {username}"
            )
        if inputs.get("password") is None:
            raise ApiError(
                "InvalidParameterValue", "The parameter MasterUserPassword must be provided."
            )
    database = inputs.get("dbName") or "unset"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", database):
        raise ApiError(
            "InvalidParameterValue",
            "DBName must begin with a letter and contain only alphanumeric characters.",
        )
    if database.lower() in RESERVED_DATABASES:
        raise ApiError("InvalidParameterValue", f"Database name {database} cannot be used")
    major = major_of(inputs["engineVersion"])
    disabled = inputs.get("engineLifecycleSupport") == "open-source-rds-extended-support-disabled"
    if major in OUT_OF_SUPPORT and disabled:
        raise invalid(f"Cannot find version {inputs['engineVersion']} for postgres")
    refuse(data, inputs)


def refuse(data: Data, inputs: Mapping[str, Any]) -> None:
    """Raise what RDS answers to what holds for a creation and a modification alike."""
    for check in (_machine, _storage, _network, _password, _times, _monitoring):
        check(data, inputs)


def major_of(version: str) -> str:
    """The major version of one that RDS has."""
    major = version.split(".")[0]
    if major not in VERSIONS or version not in (major, VERSIONS[major]):
        raise invalid(f"Cannot find version {version} for postgres")
    return major


def _machine(data: Data, inputs: Mapping[str, Any]) -> None:
    version, instance_class = inputs["engineVersion"], inputs["instanceClass"]
    major = major_of(version)
    if version == major and inputs.get("autoMinorVersionUpgrade") is False:
        raise invalid(f"Cannot find version {version} for postgres")
    if instance_class not in CLASSES:
        raise invalid(
            "RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={instance_class}, Engine=postgres, EngineVersion={VERSIONS[major]}, "
            "LicenseModel=postgresql-license. For supported combinations of instance class and "
            "database engine version, see the documentation."
        )
    if inputs.get("licenseModel", LICENSE) != LICENSE:
        raise invalid(f"Invalid license model '{inputs['licenseModel']}' for engine 'postgres'")
    options = inputs.get("optionGroupName") or OPTIONS
    if not options.startswith(OPTIONS):
        raise ApiError(
            "OptionGroupNotFoundFault", f"Specified OptionGroupName: {options} not found."
        )
    name = inputs.get("parameterGroupName")
    if not name:
        return
    if name.startswith("default."):
        family = name.removeprefix("default.")
    elif name in data["parameterGroups"]:
        family = data["parameterGroups"][name]["family"]
    else:
        raise ApiError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    if family != f"postgres{major}":
        raise invalid(
            f"The parameter group {name} with DBParameterGroupFamily {family} can't be used for "
            f"this instance. Use a parameter group with DBParameterGroupFamily postgres{major}."
        )


def _storage(data: Data, inputs: Mapping[str, Any]) -> None:
    kind, size = inputs.get("storageType") or "gp2", inputs["allocatedStorage"]
    if kind not in STORAGE:
        raise ApiError("InvalidParameterValue", f"Invalid storage type: {kind}")
    least, most = STORAGE[kind]
    if not least <= size <= most:
        raise invalid(
            f"Invalid storage size for engine name postgres and storage type {kind}: {size}"
        )
    _speed(kind, size, inputs.get("iops") or 0, inputs.get("storageThroughput") or 0)
    if limit := inputs.get("maxAllocatedStorage"):
        if limit <= size:
            raise invalid("Max storage size must be greater than storage size")
        if limit < size * 1.1:
            raise invalid("The maximum allocated storage must be increased by at least 10 percent.")
    if inputs.get("kmsKeyId") and not inputs.get("storageEncrypted"):
        raise invalid("KmsKeyId is only applicable for encrypted DB instances")


def _speed(kind: str, size: int, iops: int, throughput: int) -> None:
    if kind in ("gp2", "standard") and (iops or throughput):
        raise invalid(f"You can't specify IOPS or storage throughput for storage type {kind}.")
    if kind in ("io1", "io2"):
        if throughput:
            raise invalid(f"You can't specify storage throughput for storage type {kind}.")
        if not 1000 <= iops <= 256000:
            raise invalid(f"Invalid iops value for engine name postgres and storage type {kind}")
    if kind != "gp3":
        return
    if size < SMALL_FOR_IOPS:
        if iops or throughput:
            raise invalid(
                "You can't specify IOPS or storage throughput for engine postgres and a storage "
                f"size less than {SMALL_FOR_IOPS}."
            )
    elif iops and not 12000 <= iops <= 64000:
        raise invalid(
            f"Invalid iops value {iops} for engine name postgres, storage type gp3 and storage "
            f"size {size}: it must be from 12000 to 64000"
        )
    elif throughput not in (0, 125) and not 500 <= throughput <= min(4000, (iops or 12000) // 4):
        raise invalid(
            f"Invalid storage throughput value {throughput} for engine name postgres, storage type "
            f"gp3 and {iops or 12000} iops"
        )


def _network(data: Data, inputs: Mapping[str, Any]) -> None:
    name, zone = inputs.get("dbSubnetGroupName"), inputs.get("availabilityZone")
    if not name or name not in data["subnetGroups"]:
        raise ApiError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.")
    group = data["subnetGroups"][name]
    if zone and zone not in zones_of(data, group["subnetIds"]):
        raise ApiError(
            "InvalidVPCNetworkStateFault",
            f"Availability zone '[{zone}]' is unavailable in this region, please choose another "
            "zone set.",
        )
    for identifier in inputs.get("vpcSecurityGroupIds") or []:
        found = data["securityGroups"].get(identifier)
        if not found or found["vpcId"] != group["vpcId"]:
            raise ApiError(
                "InvalidParameterValue",
                f"Invalid security group, groupId= {identifier}, groupName=.",
            )
    port = inputs.get("port", 5432)
    if not 1150 <= port <= 65535:
        raise ApiError("InvalidParameterValue", f"Invalid database port: {port}")
    if port != 5432:
        raise ApiError("InvalidParameterValue", "the simulated AWS listens on port 5432 only")
    if inputs.get("networkType") == "DUAL":
        raise ApiError(
            "NetworkTypeNotSupported", f"The DB subnet group {name} has no IPv6: DUAL can't be used"
        )
    if (certificate := inputs.get("caCertIdentifier") or AUTHORITIES[0]) not in AUTHORITIES:
        raise ApiError("CertificateNotFound", f"Certificate not found: {certificate}")


def _password(data: Data, inputs: Mapping[str, Any]) -> None:
    password = inputs.get("password")
    if password is None:
        return
    if len(password) < 8:
        raise ApiError(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password because it is shorter than 8 "
            "characters.",
        )
    if not re.fullmatch(r"[!-~]{8,128}", password) or set(password) & set('/@" '):
        raise ApiError(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII "
            "characters besides '/', '@', '\"', ' ' may be used.",
        )


def _times(data: Data, inputs: Mapping[str, Any]) -> None:
    days = inputs.get("backupRetentionPeriod") or 0
    if not 0 <= days <= 35:
        raise ApiError(
            "InvalidParameterValue", f"Invalid backup retention period: {days}. Must be 0 to 35."
        )
    backup, maintenance = inputs.get("backupWindow"), inputs.get("maintenanceWindow")
    if not backup or not maintenance:
        return
    daily = set(_minutes(backup, backup))
    if any(minute % 1440 in daily for minute in _minutes(maintenance, maintenance.lower())):
        raise invalid("The backup window and maintenance window must not overlap.")


def _minutes(said: str, window: str) -> Iterator[int]:
    begin, end = (_minute(part) for part in window.split("-"))
    around = 1440 if window[0].isdigit() else 7 * 1440
    length = (end - begin) % around
    if length < 30:
        raise ApiError("InvalidParameterValue", f"The window {said} must be at least 30 minutes.")
    for minute in range(begin, begin + length):
        yield minute % around


def _minute(text: str) -> int:
    *day, hour, minute = text.split(":")
    return (DAYS.index(day[0]) * 1440 if day else 0) + int(hour) * 60 + int(minute)


def _monitoring(data: Data, inputs: Mapping[str, Any]) -> None:
    small = re.fullmatch(r"db\.t\w+\.(micro|small)", inputs["instanceClass"])
    if inputs.get("performanceInsightsEnabled") and small:
        raise invalid("Performance Insights not supported for this configuration.")
    kept = inputs.get("performanceInsightsRetentionPeriod")
    if kept is not None and kept not in INSIGHTS_DAYS:
        raise ApiError(
            "InvalidParameterValue", f"Invalid Performance Insights Retention Period: {kept}"
        )
    advanced = inputs.get("databaseInsightsMode") == "advanced"
    if advanced and not (inputs.get("performanceInsightsEnabled") and (kept or 0) >= 465):
        raise invalid(
            "To enable the Advanced mode of Database Insights, Performance Insights must be on, "
            "with a retention period of at least 465 days."
        )
    if inputs.get("monitoringInterval") and not inputs.get("monitoringRoleArn"):
        raise invalid("A MonitoringRoleARN value is required if you specify a MonitoringInterval.")
