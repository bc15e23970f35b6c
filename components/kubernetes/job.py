"""Kubernetes Jobs that run shell scripts with psql."""

from pathlib import Path
from typing import Any

import pulumi
from pulumi_kubernetes import batch

from components.connection import VERIFIED, PostgresConnection
from components.kubernetes.job_pod import LOGIN, JobArgs, labels, pod_template
from components.kubernetes.job_settings import REPLACE_UNREADY
from components.kubernetes.job_watch import JobWatch

__all__ = ["CONNECT", "Job", "JobArgs", "connection_env", "search_path_env", "tls_env"]

CONNECT = Path(__file__).with_name("connect.sh")
"""The first script of every Job: it connects, and waits for a server that is starting."""
DEADLINE_SECONDS = 540
"""Long enough to pull an image and to add a node."""
GRACE_SECONDS = 60
"""Pulumi waits longer than the deadline, because its own error says less than the Job's."""
EVICTION = {"type": "DisruptionTarget", "status": "True"}
FAILURE_POLICY: Any = {"rules": [{"action": "Ignore", "onPodConditions": [EVICTION]}]}
"""An evicted pod says nothing about the database; any other failure is final and must be read.
https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy"""


class Job(batch.v1.Job):
    """A Job that fails the update, with its last lines of output, unless the script succeeds."""

    def __init__(self, name: str, args: JobArgs, opts: pulumi.ResourceOptions) -> None:
        given = args.pods.settings
        deadline = args.deadline_seconds or DEADLINE_SECONDS
        opts.custom_timeouts = pulumi.CustomTimeouts(create=f"{deadline + GRACE_SECONDS}s")
        watch = JobWatch(name, args.cluster, opts.parent).hooks()
        opts.hooks = pulumi.ResourceHookBinding.merge(opts.hooks, watch)
        super().__init__(
            name,
            metadata={
                "namespace": args.namespace,
                "labels": labels(args),
                "annotations": {**given.annotations, REPLACE_UNREADY: "true"},
            },
            spec=batch.v1.JobSpecArgs(
                backoff_limit=0,
                active_deadline_seconds=deadline,
                pod_failure_policy=FAILURE_POLICY,
                template=pod_template(args),
            ),
            opts=opts,
        )


def connection_env(connection: PostgresConnection) -> dict[str, pulumi.Input[str]]:
    """libpq's environment for the login in use, without its password."""
    return {
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGDATABASE": connection.database,
        "PGUSER": connection.login.username,
        "FIREWALL": connection.firewall,
        **tls_env(connection.ssl_mode, connection.ca_certificate is not None),
        **search_path_env(connection.search_path),
    }


def search_path_env(search_path: str) -> dict[str, str]:
    """The environment of a session that uses the same schemas as Coder's."""
    if not search_path:
        return {}
    return {"SEARCH_PATH": search_path, "PGOPTIONS": f"-c search_path={search_path}"}


def tls_env(ssl_mode: str, has_ca: bool) -> dict[str, str]:
    """libpq's environment for the same TLS as Coder's."""
    roots = f"{LOGIN}/ca.crt" if has_ca else "system"
    return {"PGSSLMODE": ssl_mode, "PGSSLROOTCERT": roots if ssl_mode in VERIFIED else ""}
