"""A flexible server that breaks the rules; nothing of it is ever made."""

import pulumi
import pulumi_azure_native as azure
import pulumi_kubernetes as kubernetes

from tests.engine.policies.unsimulated import Unsimulated

postgres = azure.dbforpostgresql
server = postgres.Server(
    "bad-server",
    resource_group_name="coder",
    server_name="bad",
    location="westeurope",
    version="13",
    availability_zone="2",
    create_mode="Default",
    administrator_login="coder",
    administrator_login_password=pulumi.Output.secret("not-a-real-password"),
    sku=postgres.SkuArgs(name="Standard_D2ds_v5", tier="GeneralPurpose"),
    storage=postgres.StorageArgs(storage_size_gb=64),
    backup=postgres.BackupArgs(backup_retention_days=7, geo_redundant_backup="Disabled"),
    opts=pulumi.ResourceOptions(protect=True),
)
Unsimulated(
    "azure-native:dbforpostgresql:FirewallRule", "bad-rule", {"startIpAddress": "198.51.100.1"}
)
for name, value in (("require_secure_transport", "off"), ("ssl_min_protocol_version", "TLSv1.2")):
    postgres.Configuration(
        name,
        resource_group_name="coder",
        server_name=server.name,
        configuration_name=name,
        value=value,
        source="user-override",
    )
kubernetes.helm.v3.Release(
    "coder",
    chart="coder",
    version="2.38.8",
    repository_opts={"repo": pulumi.Config().require("charts")},
    values={"coder": {"nodeSelector": {"topology.kubernetes.io/zone": "westeurope-1"}}},
    opts=pulumi.ResourceOptions(
        provider=kubernetes.Provider("cluster", kubeconfig=pulumi.Config().require("kubeconfig"))
    ),
)
