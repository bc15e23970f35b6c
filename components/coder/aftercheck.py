"""Checks that the running Coder uses its database, and says what its migrations wait for."""

import itertools
from pathlib import Path

import pulumi

from components.coder.args import CoderArgs, InstalledLogin
from components.coder.findings import WARNING
from components.kubernetes.client import Cluster
from components.kubernetes.job import CONNECT, DEADLINE_SECONDS, Job, JobArgs, connection_env
from components.kubernetes.job_pod import CONTAINER
from components.kubernetes.job_settings import COMPONENT
from components.kubernetes.optional_reads import OptionalReads

SCRIPTS = (CONNECT, Path(__file__).with_name("aftercheck.sh"))
SECONDS_TO_WAIT = 60
"""For a session; for one that waits for a lock or migrates, as long as for the rollout."""
NAME = "aftercheck"


def aftercheck(
    name: str,
    args: CoderArgs,
    login: InstalledLogin,
    *,
    since: pulumi.Output[str],
    revision: pulumi.Output[str],
    parent: pulumi.Resource,
) -> Job:
    """A Job that fails the update unless a session of Coder's login begins after `since`.

    `since` is in RFC 3339; a new `revision` of the release runs the Job again.
    """
    return Job(
        name,
        JobArgs(
            component=NAME,
            cluster=args.spec.cluster,
            namespace=login.namespace,
            pods=args.spec.job_pods,
            scripts=SCRIPTS,
            env={
                **connection_env(args.connection),
                "SINCE": since,
                "SECONDS_TO_WAIT": str(SECONDS_TO_WAIT),
                "MIGRATION_SECONDS": str(args.rollout_timeout_seconds),
            },
            secret_name=login.secret_name,
            trigger={"revision": revision},
            zone=args.connection.zone,
            deadline_seconds=DEADLINE_SECONDS + args.rollout_timeout_seconds,
        ),
        pulumi.ResourceOptions(parent=parent),
    )


def warnings(cluster: Cluster, namespace: str) -> list[str]:
    """What the running after-check says that Coder's sessions wait for."""
    running = [
        pod["metadata"]["name"]
        for pod in cluster.pods(namespace, f"{COMPONENT}={NAME}")
        if pod.get("status", {}).get("phase") == "Running"
    ]
    if not running:
        return []
    reads = OptionalReads(cluster)
    lines = reads.last_log_lines(namespace, running[-1], CONTAINER, previous=False, lines=20)
    said = itertools.takewhile(lambda line: line.startswith(WARNING), reversed(lines[:-1]))
    found = [line.removeprefix(WARNING) for line in said]
    return found + [each.text for each in reads.missing()]
