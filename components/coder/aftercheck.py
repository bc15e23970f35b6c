"""Proves that the running Coder uses the database it was given."""

import dataclasses
from pathlib import Path

import pulumi

from components.charts.values import Values
from components.coder.preflight import connection_env
from components.connection import DatabasePlan, PostgresConnection
from components.kubernetes.job import CONNECT, DEADLINE_SECONDS, Job, JobArgs

SCRIPT = Path(__file__).with_name("aftercheck.sh")
SECONDS_TO_WAIT = 120


@dataclasses.dataclass(frozen=True, kw_only=True)
class AftercheckArgs:
    """Whose sessions are looked for, and since when."""

    plan: DatabasePlan
    connection: PostgresConnection
    namespace: pulumi.Input[str]
    secret_name: pulumi.Input[str]
    since: pulumi.Input[str]
    """RFC 3339: when Coder was last told of its database; its sessions are younger."""
    revision: pulumi.Output[int]
    """The release's; a new one is a reason to look again."""
    scheduling: Values


def aftercheck(name: str, args: AftercheckArgs, parent: pulumi.Resource) -> Job:
    """The Job that fails the update when no session of Coder's own login begins."""
    return Job(
        name,
        JobArgs(
            namespace=args.namespace,
            image=args.plan.tools_image,
            scripts=(CONNECT, SCRIPT),
            env={
                **connection_env(args.connection),
                "SINCE": args.since,
                "SECONDS_TO_WAIT": str(SECONDS_TO_WAIT),
            },
            secret_name=args.secret_name,
            deadline_seconds=DEADLINE_SECONDS,
            trigger={"revision": args.revision.apply(str)},
            zone=args.connection.zone,
            scheduling=args.scheduling,
        ),
        pulumi.ResourceOptions(parent=parent),
    )
