"""Releases of Coder and other objects that break the rules, each beside one that does not."""

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes import batch, core, helm

config = pulumi.Config()
opts = pulumi.ResourceOptions(
    provider=kubernetes.Provider("cluster", kubeconfig=config.require("kubeconfig")), protect=True
)
password = config.require_secret("password")
repository: Any = {"repo": config.require("charts")}


def job(name: str, **env: str) -> None:
    container = {
        "name": "job",
        "image": "postgres:17",
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    spec: Any = {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}
    batch.v1.Job(name, metadata={"name": name}, spec=spec, opts=opts)


secret = core.v1.Secret(
    "good-secret",
    metadata={"name": "coder-db-blue"},
    string_data={
        "password": password,
        "url": pulumi.Output.format("postgres://coder:{0}@db/coder?sslmode=verify-full", password),
    },
    opts=opts,
)
core.v1.Secret(
    "bad-secret",
    metadata={"name": "coder-db-old"},
    string_data={"url": "postgres://coder@db/coder?sslmode=require"},
    opts=opts,
)
core.v1.ConfigMap("bad-leak", data={"note": pulumi.Output.concat("it is ", password)}, opts=opts)
core.v1.ConfigMap("bad-map", data={"api-token": "pl4nted-canary"}, opts=opts)
core.v1.ConfigMap("good-map", data={"password-file": "/login/password"}, opts=opts)
pulumi.ComponentResource("kubernetes:helm.sh/v3:Chart", "bad-chart")
job("bad-gate", LATENCY_GATE="off", PGSSLMODE="prefer", PGPASSWORD="pl4nted-canary")
job("good-gate", LATENCY_GATE="enforce", PGSSLMODE="verify-full")
helm.v3.Release(
    "bad-coder",
    chart="coder",
    version="~2.38",
    repository_opts=repository,
    values={
        "coder": {
            "env": [{"name": "CODER_OIDC_CLIENT_SECRET", "value": "pl4nted-canary"}],
            # With all values known, the provider would replace the range by a version.
            "podAnnotations": {"secret": secret.id},
        }
    },
    opts=opts,
)
helm.v3.Release(
    "good-coder",
    chart="coder",
    version="2.38.8",
    repository_opts=repository,
    values={
        "coder": {
            "env": [
                {
                    "name": "CODER_PG_CONNECTION_URL",
                    "valueFrom": {"secretKeyRef": {"name": "coder-db-blue", "key": "url"}},
                }
            ]
        }
    },
    opts=pulumi.ResourceOptions(provider=opts.provider),
)
