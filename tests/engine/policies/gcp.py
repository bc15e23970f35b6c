"""A Cloud SQL instance that breaks the rules; nothing of it is ever made."""

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_gcp import sql

sql.DatabaseInstance(
    "bad-server",
    database_version="POSTGRES_13",
    region="us-east1",
    settings={
        "tier": "db-custom-2-8192",
        "edition": "ENTERPRISE",
        "location_preference": {"zone": "us-east1-c"},
    },
    deletion_protection=True,
    opts=pulumi.ResourceOptions(protect=True),
)
kubernetes.helm.v3.Release(
    "coder",
    chart="coder",
    version="2.38.8",
    repository_opts={"repo": pulumi.Config().require("charts")},
    values={"coder": {"nodeSelector": {"topology.kubernetes.io/zone": "us-east1-b"}}},
    opts=pulumi.ResourceOptions(
        provider=kubernetes.Provider("cluster", kubeconfig=pulumi.Config().require("kubeconfig"))
    ),
)
