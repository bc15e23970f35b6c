"""Checks, before Coder is installed or changed, that its database meets the requirements."""

from pathlib import Path

import pulumi

from components.charts import Chart
from components.coder.args import CoderArgs, InstalledLogin
from components.connection import ConnectionTraits
from components.database.ownership import OWNERSHIP, ownership_env
from components.kubernetes.job import CONNECT, Job, JobArgs, connection_env

SCRIPTS = (
    CONNECT,
    *OWNERSHIP,
    *map(Path(__file__).with_name, ("transactions.sh", "preflight.sh")),
)
RESERVED_CONNECTIONS = 3
"""PostgreSQL's default of superuser_reserved_connections."""
RESERVE = 10
"""Connections kept free for administrators and exporters."""
SECONDS_OF_LOAD = 15
TAIL_PERCENT = 20
"""The most queries, in percent, that may exceed the latency limit; small machines have pauses."""
OLD_TRANSACTION = "1 minute"
"""The age from which on a transaction is named, because a migration may have to wait for it."""
SHORT_TRANSACTION_SECONDS = 10
"""A shorter preflight, without the measurement, does not warn of other users' transactions, whose
age is hidden: each of them may be a short one."""


def preflight(name: str, args: CoderArgs, login: InstalledLogin, parent: pulumi.Resource) -> Job:
    """A Job that fails the update with one line for each failed check.

    It runs where Coder will run, with Coder's login, and again whenever what it checked changes.
    """
    connection = args.connection
    return Job(
        name,
        JobArgs(
            component="preflight",
            cluster=args.spec.cluster,
            namespace=login.namespace,
            pods=args.spec.job_pods,
            scripts=SCRIPTS,
            env={
                **connection_env(connection),
                **ownership_env(args.spec, connection.adopted_flavour),
                "CHART_VERSION": str(args.chart),
                "MINIMUM_VERSION": str(args.chart.minimum_postgres),
                "REPLICAS": str(args.replicas),
                "CONNECTIONS": str(args.chart.connections(args.replicas)),
                "RESERVE": str(RESERVE),
                "LATENCY_GATE": args.latency_gate.mode,
                "LATENCY_LIMIT_MS": str(args.latency_gate.limit_ms),
                "SECONDS_OF_LOAD": str(SECONDS_OF_LOAD),
                "TAIL_PERCENT": str(TAIL_PERCENT),
                "OLD_TRANSACTION": OLD_TRANSACTION,
                "SHORT_TRANSACTION_SECONDS": str(SHORT_TRANSACTION_SECONDS),
            },
            secret_name=login.secret_name,
            trigger={
                "password": login.password_digest,
                "ca": connection.ca_certificate or "",
            },
            zone=connection.zone,
        ),
        # The login's role must exist; the Secret, which is an input here, does not depend on it.
        pulumi.ResourceOptions(parent=parent, depends_on=connection.requires),
    )


def preflight_problems(chart: Chart, traits: ConnectionTraits, replicas: int) -> list[str]:
    """One line for each check of the preflight that is known to fail before the server exists."""
    problems: list[str] = []
    if traits.version is not None and traits.version < chart.minimum_postgres:
        problems.append(
            f"postgresVersion: is {traits.version}, chart {chart} needs "
            f"{chart.minimum_postgres} or later"
        )
    limit = traits.max_connections
    needed = chart.connections(replicas) + RESERVE
    if limit is not None and needed > limit - RESERVED_CONNECTIONS:
        setting, enough = traits.max_connections_setting, needed + RESERVED_CONNECTIONS
        more = f", or type `pulumi config set --path {setting} {enough}`" if setting else ""
        problems.append(
            f"replicas: {replicas} of chart {chart} need {needed} connections during a rolling "
            f"update, the server allows {limit - RESERVED_CONNECTIONS}; set fewer replicas, "
            f"a smaller poolSize or a larger server{more}"
        )
    return problems
