"""The inputs and outputs of an instance: the SDK's declaration with the provider's corrections.

Which nested settings the provider fills in, replaces or gives a default is in
hashicorp/terraform-provider-google-beta, services/sql/resource_sql_database_instance.go.
"""

from sandbox.providers.framework import sdk

DECLARATION = sdk.resource(
    "gcp:sql/databaseInstance:DatabaseInstance",
    replaces=(
        "encryptionKeyName",
        "name",
        "project",
        "region",
        "settings.collation",
        "settings.diskType",
    ),
    defaults={
        "deletionPolicy": "DELETE",
        "deletionProtection": True,
        "settings.activationPolicy": "ALWAYS",
        "settings.availabilityType": "ZONAL",
        "settings.backupConfiguration.backupRetentionSettings.retentionUnit": "COUNT",
        "settings.dataCacheConfig.dataCacheEnabled": False,
        "settings.diskAutoresize": True,
        "settings.diskAutoresizeLimit": 0,
        "settings.ipConfiguration.ipv4Enabled": True,
        "settings.pricingPlan": "PER_USE",
        "settings.readPoolAutoScaleConfig.enabled": False,
    },
    computed=(
        "settings.backupConfiguration",
        "settings.backupConfiguration.backupRetentionSettings",
        "settings.backupConfiguration.backupTier",
        "settings.backupConfiguration.startTime",
        "settings.backupConfiguration.transactionLogRetentionDays",
        "settings.connectionPoolConfigs",
        "settings.connectorEnforcement",
        "settings.dataApiAccess",
        "settings.dataCacheConfig",
        "settings.dataDiskProvisionedIops",
        "settings.dataDiskProvisionedThroughput",
        "settings.diskSize",
        "settings.diskType",
        "settings.edition",
        "settings.effectiveAvailabilityType",
        "settings.insightsConfig",
        "settings.insightsConfig.queryPlansPerMinute",
        "settings.insightsConfig.queryStringLength",
        "settings.ipConfiguration",
        "settings.ipConfiguration.serverCaMode",
        "settings.ipConfiguration.sslMode",
        "settings.locationPreference",
        "settings.readPoolAutoScaleConfig",
        "settings.userLabels",
        "settings.version",
    ),
)
ONLY_OUTPUTS = (
    "settings.backupConfiguration.backupTier",
    "settings.effectiveAvailabilityType",
    "settings.version",
)
"""The provider ignores these as inputs."""
NOT_SIMULATED = frozenset(
    (
        "backupdrBackup",
        "blueGreenDeployment",
        "encryptionConfidentialMode",
        "enforceNewSqlNetworkArchitecture",
        "includeReplicasForMajorVersionUpgrade",
        "maintenanceVersion",
        "masterInstanceName",
        "nodeCount",
        "pointInTimeRestoreContext",
        "replicaConfiguration",
        "replicaNames",
        "replicationCluster",
        "rootPasswordWo",
        "rootPasswordWoVersion",
        "settings.activeDirectoryConfig",
        "settings.advancedMachineFeatures",
        "settings.autoUpgradeEnabled",
        "settings.collation",
        "settings.connectionPoolConfigs",
        "settings.dataDiskProvisionedIops",
        "settings.dataDiskProvisionedThroughput",
        "settings.denyMaintenancePeriod",
        "settings.enableDataplexIntegration",
        "settings.enableGoogleMlIntegration",
        "settings.entraidConfig",
        "settings.ipConfiguration.authorizedNetworks",
        "settings.ipConfiguration.customSubjectAlternativeNames",
        "settings.ipConfiguration.pscConfigs",
        "settings.ipConfiguration.serverCaPool",
        "settings.performanceCaptureConfig",
        "settings.replicationLagMaxSeconds",
        "settings.sqlServerAuditConfig",
        "settings.timeZone",
        "switchTransactionLogsToCloudStorageEnabled",
    )
)
"""Setting one of these is an error."""
