"""Coder on Kubernetes, on a PostgreSQL that outlives the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes

import outputs
import settings
from components.coder import coder

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
app = coder.Coder("coder", stack.coder(connection=postgres.connection), in_cluster)
outputs.export(stack, postgres, app)
