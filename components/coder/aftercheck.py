"""Checks that the running Coder uses its database."""

from pathlib import Path

import pulumi

from components.coder.args import CoderArgs, InstalledLogin
from components.kubernetes.job import CONNECT, Job, JobArgs, connection_env

SCRIPTS = (CONNECT, Path(__file__).with_name("aftercheck.sh"))
SECONDS_TO_WAIT = 60


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
            component="aftercheck",
            namespace=login.namespace,
            pods=args.spec.job_pods,
            scripts=SCRIPTS,
            env={
                **connection_env(args.connection),
                "SINCE": since,
                "SECONDS_TO_WAIT": str(SECONDS_TO_WAIT),
            },
            secret_name=login.secret_name,
            trigger={"revision": revision},
            zone=args.connection.zone,
        ),
        pulumi.ResourceOptions(parent=parent),
    )
