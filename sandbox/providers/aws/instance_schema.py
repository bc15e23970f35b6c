"""The inputs and outputs of an RDS instance: the SDK's declaration with corrections."""

from sandbox.providers.framework import sdk

DECLARATION = sdk.resource(
    "aws:rds/instance:Instance",
    replaces=(
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
    ),
    defaults={
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
    },
)
COMPUTED = DECLARATION.computed | {"applyImmediately"}
NOT_SIMULATED = frozenset(
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
"""Setting one of these is an error."""
