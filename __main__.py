"""Coder on Kubernetes, on a PostgreSQL that outlives the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

import settings
from components.coder import coder

CONTRACT_VERSION = 1
"""Of the outputs below: a consumer may rely on their names and meaning while it stays."""

stack = settings.load()
cluster = kubernetes.Provider(
    "cluster",
    # Left out, the SDK would write the path in $KUBECONFIG into the state; empty means ambient.
    kubeconfig="",
    context=stack.kube_context or None,
    cluster_identifier=stack.postgres.found.cluster_identifier,
    # A rotated password changes its Secret in place: no gap, no new name.
    enable_secret_mutable=True,
)
in_cluster = pulumi.ResourceOptions(providers=[cluster])
postgres = stack.cloud.Postgres("postgres", stack.postgres, in_cluster)
connection = postgres.connection
app = coder.Coder("coder", stack.coder(connection=connection), in_cluster)

pulumi.export("contractVersion", CONTRACT_VERSION)
pulumi.export("accessUrl", app.access_url)
pulumi.export("address", app.address)
pulumi.export("namespace", app.namespace)
pulumi.export("databaseHost", connection.host)
pulumi.export("databasePort", connection.port)
pulumi.export("databaseName", connection.database)
pulumi.export("databaseUser", connection.login.username)
pulumi.export("databaseSslMode", connection.ssl_mode)
pulumi.export("databaseZone", connection.zone_name)
pulumi.export("passwordSecretName", app.secret_name)
pulumi.export("chart", stack.chart.flavour)
pulumi.export("chartVersion", str(stack.chart))
