"""The inputs and outputs of an RDS instance, by the names of the published SDK."""

from collections.abc import Mapping

from sandbox.providers.framework.provider import Input, Inputs, Output, Outputs
from sandbox.providers.framework.resource import Kind

_BOOLEANS = """
allowMajorVersionUpgrade applyImmediately autoMinorVersionUpgrade copyTagsToSnapshot
customerOwnedIpEnabled dedicatedLogVolume deleteAutomatedBackups deletionProtection
iamDatabaseAuthenticationEnabled manageMasterUserPassword multiAz performanceInsightsEnabled
publiclyAccessible skipFinalSnapshot storageEncrypted upgradeStorageConfig
"""
_INTEGERS = """
allocatedStorage backupRetentionPeriod iops maxAllocatedStorage monitoringInterval
passwordWoVersion performanceInsightsRetentionPeriod port storageThroughput
"""
_STRINGS = """
availabilityZone backupTarget backupWindow caCertIdentifier characterSetName
customIamInstanceProfile databaseInsightsMode dbName dbSubnetGroupName domain
domainAuthSecretArn domainFqdn domainIamRoleName domainOu engine engineLifecycleSupport
engineVersion finalSnapshotIdentifier identifier identifierPrefix kmsKeyId licenseModel
maintenanceWindow masterUserSecretKmsKeyId monitoringRoleArn ncharCharacterSetName networkType
optionGroupName parameterGroupName password passwordWo performanceInsightsKmsKeyId region
replicaMode replicateSourceDb snapshotIdentifier storageType timezone username
"""
_LISTS = "domainDnsIps enabledCloudwatchLogsExports vpcSecurityGroupIds warningEventCategories"

REPLACING = frozenset(
    (
        "availabilityZone",
        "backupTarget",
        "characterSetName",
        "customIamInstanceProfile",
        "dbName",
        "engine",
        "kmsKeyId",
        "ncharCharacterSetName",
        "region",
        "restoreToPointInTime",
        "snapshotIdentifier",
        "storageEncrypted",
        "timezone",
        "username",
    )
)
COMPUTED = frozenset(
    (
        "allocatedStorage",
        "applyImmediately",
        "availabilityZone",
        "backupRetentionPeriod",
        "backupTarget",
        "backupWindow",
        "caCertIdentifier",
        "characterSetName",
        "databaseInsightsMode",
        "dbName",
        "dbSubnetGroupName",
        "engine",
        "engineLifecycleSupport",
        "engineVersion",
        "identifier",
        "identifierPrefix",
        "iops",
        "kmsKeyId",
        "licenseModel",
        "maintenanceWindow",
        "masterUserSecretKmsKeyId",
        "monitoringRoleArn",
        "multiAz",
        "ncharCharacterSetName",
        "networkType",
        "optionGroupName",
        "parameterGroupName",
        "performanceInsightsKmsKeyId",
        "performanceInsightsRetentionPeriod",
        "port",
        "region",
        "replicaMode",
        "snapshotIdentifier",
        "storageThroughput",
        "storageType",
        "timezone",
        "username",
        "vpcSecurityGroupIds",
    )
)
"""Taken away, these stay as they are."""
DEFAULTS: Mapping[str, bool | int | list[str]] = {
    "autoMinorVersionUpgrade": True,
    "copyTagsToSnapshot": False,
    "customerOwnedIpEnabled": False,
    "dedicatedLogVolume": False,
    "deleteAutomatedBackups": True,
    "deletionProtection": False,
    "enabledCloudwatchLogsExports": [],
    "iamDatabaseAuthenticationEnabled": False,
    "maxAllocatedStorage": 0,
    "monitoringInterval": 0,
    "performanceInsightsEnabled": False,
    "publiclyAccessible": False,
    "skipFinalSnapshot": False,
    "storageEncrypted": False,
}
"""Taken away, these go back to what they are when not given."""
LOWERED = frozenset(("engine", "maintenanceWindow"))
"""Kept in lower case, however they are given."""
SECRET = frozenset(("password", "passwordWo"))
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
"""Changes of these alone ask nothing of RDS."""
PENDING = frozenset(
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
"""Changes of these wait for the maintenance window unless they are applied at once."""
UNSIMULATED = frozenset(
    (
        "backupTarget",
        "blueGreenUpdate",
        "characterSetName",
        "customIamInstanceProfile",
        "customerOwnedIpEnabled",
        "dedicatedLogVolume",
        "domain",
        "domainAuthSecretArn",
        "domainDnsIps",
        "domainFqdn",
        "domainIamRoleName",
        "domainOu",
        "identifierPrefix",
        "manageMasterUserPassword",
        "masterUserSecretKmsKeyId",
        "ncharCharacterSetName",
        "passwordWo",
        "passwordWoVersion",
        "replicaMode",
        "replicateSourceDb",
        "s3Import",
        "timezone",
        "upgradeStorageConfig",
        "warningEventCategories",
    )
)
"""Refused, so that nothing seems to work that was never made to."""


_KINDS: Mapping[Kind, str] = {
    "boolean": _BOOLEANS,
    "integer": _INTEGERS,
    "string": _STRINGS,
    "list": _LISTS,
}

INPUTS: Inputs = {
    "instanceClass": Input("string", required=True),
    "blueGreenUpdate": Input("object", fields={"enabled": Input("boolean")}),
    "restoreToPointInTime": Input(
        "object",
        replaces=True,
        fields={
            "restoreTime": Input("string"),
            "sourceDbInstanceAutomatedBackupsArn": Input("string"),
            "sourceDbInstanceIdentifier": Input("string"),
            "sourceDbiResourceId": Input("string"),
            "useLatestRestorableTime": Input("boolean"),
        },
    ),
    "s3Import": Input("object"),
    "tags": Input("map", items="string"),
    **{
        key: Input(
            kind,
            secret=key in SECRET,
            replaces=key in REPLACING,
            default=DEFAULTS.get(key),
            items="string",
        )
        for kind, names in _KINDS.items()
        for key in names.split()
    },
}
ABSENT = {
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
"""What the provider says of what an instance has not."""
OUTPUTS: Outputs = {
    key: Output()
    for key in (
        "address",
        "arn",
        "endpoint",
        "engineVersionActual",
        "hostedZoneId",
        "latestRestorableTime",
        "listenerEndpoints",
        "masterUserSecrets",
        "replicas",
        "resourceId",
        "status",
        "tagsAll",
        "upgradeRolloutOrder",
    )
}
