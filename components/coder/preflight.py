"""Proves that the connection is fit before Coder is touched."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pulumi

from components.charts import Chart
from components.charts.values import Values
from components.connection import DatabasePlan, PostgresArgs, PostgresConnection
from components.database.database import OWNERSHIP, mark_env
from components.kubernetes.job import CONNECT, DEADLINE_SECONDS, Job, JobArgs, tls_env

SCRIPT = Path(__file__).with_name("preflight.sh")
GATES = ("enforce", "warn", "off")
RESERVED_CONNECTIONS = 3
"""PostgreSQL's own default of superuser_reserved_connections."""
RESERVE = 10
"""Connections kept free for administrators and exporters."""
SECONDS_OF_LOAD = 15
TAIL_PERCENT = 20
"""How much of the load may be slower than the limit; small machines stutter."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Gate:
    """How slow the database may be, and what happens when it is slower."""

    latency: str
    latency_limit_ms: int

    def problems(self) -> Iterator[str]:
        """A line for every setting that can't be right."""
        if self.latency not in GATES:
            yield f'latencyGate: is "{self.latency}", must be {", ".join(GATES)}'
        if not 1 <= self.latency_limit_ms <= 1000:
            yield f"latencyLimitMs: is {self.latency_limit_ms}, must be 1 to 1000 (Coder: 10)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreflightArgs:
    """What is to be proved, and where it is proved from: where Coder will run."""

    plan: DatabasePlan
    connection: PostgresConnection
    chart: Chart
    chart_values: Values
    replicas: int
    gate: Gate
    namespace: pulumi.Input[str]
    secret_name: pulumi.Input[str]
    generation: pulumi.Input[str]
    """Of the password: another one is proved again."""


def preflight(name: str, args: PreflightArgs, parent: pulumi.Resource) -> Job:
    """The Job that fails the update with one line per broken promise."""
    connection = args.connection
    return Job(
        name,
        JobArgs(
            namespace=args.namespace,
            image=args.plan.tools_image,
            scripts=(CONNECT, OWNERSHIP, SCRIPT),
            env={
                **connection_env(connection),
                **mark_env(args.plan, connection.adopted_flavour),
                "CHART_VERSION": str(args.chart),
                "MINIMUM_VERSION": str(args.chart.minimum_postgres),
                "REPLICAS": str(args.replicas),
                "CONNECTIONS": str(args.chart.connections(args.replicas)),
                "RESERVE": str(RESERVE),
                "LATENCY_GATE": args.gate.latency,
                "LATENCY_LIMIT_MS": str(args.gate.latency_limit_ms),
                "SECONDS_OF_LOAD": str(SECONDS_OF_LOAD),
                "TAIL_PERCENT": str(TAIL_PERCENT),
            },
            secret_name=args.secret_name,
            deadline_seconds=DEADLINE_SECONDS,
            trigger={
                "generation": args.generation,
                "ca": connection.ca_certificate or "",
            },
            zone=connection.zone,
            scheduling=args.chart.scheduling(args.chart_values),
        ),
        # That the login exists by now shows in no property of the Secret that holds it.
        pulumi.ResourceOptions(parent=parent, depends_on=connection.requires),
    )


def connection_env(connection: PostgresConnection) -> dict[str, pulumi.Input[str]]:
    """libpq's environment for the login in use, its password left out."""
    return {
        "PGHOST": connection.host,
        "PGPORT": str(connection.port),
        "PGDATABASE": connection.database,
        "PGUSER": connection.login.username,
        **tls_env(connection.ssl_mode, connection.ca_certificate is not None),
    }


def unfit(chosen: Chart, postgres: PostgresArgs, replicas: int) -> list[str]:
    """A line for what a preflight would refuse, as far as it is known before the server is."""
    problems: list[str] = []
    if postgres.version.isdecimal() and int(postgres.version) < chosen.minimum_postgres:
        problems.append(
            f"postgresVersion: is {postgres.version}, chart {chosen} needs "
            f"{chosen.minimum_postgres} or later"
        )
    limit = postgres.max_connections
    needed = chosen.connections(replicas) + RESERVE
    if limit is not None and needed > limit - RESERVED_CONNECTIONS:
        problems.append(
            f"replicas: {replicas} of chart {chosen} need {needed} connections while they roll, "
            f"the server gives {limit - RESERVED_CONNECTIONS}; take fewer, or a larger server"
        )
    return problems
