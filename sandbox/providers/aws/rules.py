"""The requests to create or modify an instance that RDS refuses."""

import re

from sandbox.providers.aws import machines, storage, versions, windows
from sandbox.providers.aws.account import Data, zones_of
from sandbox.providers.aws.errors import ApiError, invalid, no_identifier

RESERVED = ("admin", "rdsadmin", "rdsrepladmin", "rdstopmgr", "user")
RESERVED_DATABASES = ("postgres", "rdsadmin", "db", "template0", "template1")
INSIGHTS_DAYS = (7, 731, *(31 * months for months in range(1, 24)))
LICENSE = "postgresql-license"
OPTIONS = "default:postgres-"
CAS = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")


def refuse_new(data: Data, inputs: Data) -> None:
    """Raise the error with which CreateDBInstance, or a restore, refuses these inputs."""
    if len(inputs["identifier"]) > 63:
        raise no_identifier("DBInstanceIdentifier")
    if inputs["identifier"] in data["instances"]:
        raise ApiError("DBInstanceAlreadyExists", "DB instance already exists")
    if inputs.get("multiAz") and inputs.get("availabilityZone"):
        raise invalid(
            "Requesting a specific availability zone is not valid for Multi-AZ instances."
        )
    if not (inputs.get("snapshotIdentifier") or inputs.get("restoreToPointInTime")):
        _login(inputs)
    _database(inputs)
    versions.refuse_unsupported(inputs)
    refuse(data, inputs)


def refuse(data: Data, inputs: Data) -> None:
    """Raise the error for inputs that both a creation and a modification refuse."""
    version = inputs["engineVersion"]
    if version == versions.major_of(version) and inputs.get("autoMinorVersionUpgrade") is False:
        raise invalid(f"Cannot find version {version} for postgres")
    machines.refuse(inputs)
    _engine(data, inputs)
    storage.refuse(inputs)
    _network(data, inputs)
    _password(inputs)
    windows.refuse(inputs)
    _monitoring(inputs)


def _login(inputs: Data) -> None:
    username = inputs["username"]
    if username.lower() in RESERVED:
        raise ApiError(
            "InvalidParameterValue",
            f"MasterUsername {username} cannot be used as it is a reserved word used by the engine",
        )
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,15}", username):
        raise ApiError(
            "InvalidParameterValue", f"The parameter MasterUserName is not valid: {username}"
        )
    if inputs.get("password") is None:
        raise ApiError(
            "InvalidParameterValue", "The parameter MasterUserPassword must be provided."
        )


def _database(inputs: Data) -> None:
    database = inputs.get("dbName") or "unset"
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", database):
        raise ApiError(
            "InvalidParameterValue",
            "DBName must begin with a letter and contain only alphanumeric characters.",
        )
    if database.lower() in RESERVED_DATABASES:
        raise ApiError("InvalidParameterValue", f"Database name {database} cannot be used")


def _engine(data: Data, inputs: Data) -> None:
    """The license, the option group and the parameter group."""
    if inputs.get("licenseModel", LICENSE) != LICENSE:
        raise invalid(f"Invalid license model '{inputs['licenseModel']}' for engine 'postgres'")
    options = inputs.get("optionGroupName") or OPTIONS
    if not options.startswith(OPTIONS):
        raise ApiError(
            "OptionGroupNotFoundFault", f"Specified OptionGroupName: {options} not found."
        )
    major, name = versions.major_of(inputs["engineVersion"]), inputs.get("parameterGroupName")
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


def _network(data: Data, inputs: Data) -> None:
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
        raise ApiError("InvalidParameterValue", "not simulated: a port other than 5432 is an error")
    if inputs.get("networkType") == "DUAL":
        raise ApiError(
            "NetworkTypeNotSupported", f"The DB subnet group {name} has no IPv6: DUAL can't be used"
        )
    if (certificate := inputs.get("caCertIdentifier") or CAS[0]) not in CAS:
        raise ApiError("CertificateNotFound", f"Certificate not found: {certificate}")


def _password(inputs: Data) -> None:
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


def _monitoring(inputs: Data) -> None:
    supported = machines.has_insights(inputs["instanceClass"])
    if inputs.get("performanceInsightsEnabled") and not supported:
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
