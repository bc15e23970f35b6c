"""What Coder is installed with, and the login that it uses."""

import dataclasses

import pulumi
from pulumi_kubernetes import core

from components.charts import Chart, ChartOptions
from components.charts.archive import ChartArchive
from components.charts.repository import ChartRepository
from components.charts.values import Values
from components.coder.exposure import Exposure
from components.coder.latency_gate import LatencyGate
from components.connection import PostgresConnection
from components.database.spec import DatabaseSpec


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoderArgs:
    """Which chart is installed, where, and on which database."""

    spec: DatabaseSpec
    connection: PostgresConnection
    chart: Chart
    chart_repository: ChartRepository
    chart_archive: ChartArchive
    chart_values: Values
    """The user's own; the program's values take precedence."""
    options: ChartOptions
    exposure: Exposure
    rollout_timeout_seconds: int
    """How long an update waits for Coder to be ready."""
    latency_gate: LatencyGate

    @property
    def replicas(self) -> int:
        """The number of Coder's pods."""
        return self.options.replicas


@dataclasses.dataclass(frozen=True, kw_only=True)
class InstalledLogin:
    """The login in use, in its Secret."""

    namespace: pulumi.Output[str]
    """Coder's namespace, once it exists."""
    secret_name: pulumi.Output[str]
    password_digest: pulumi.Input[str]
    """Changes when the password does."""

    @staticmethod
    def of(
        connection: PostgresConnection, namespace: pulumi.Output[str], secret: core.v1.Secret
    ) -> "InstalledLogin":
        """The connection's login in use, whose Secret is `secret`."""
        return InstalledLogin(
            namespace=namespace,
            secret_name=secret.metadata.name.apply(str),
            password_digest=connection.login.password_digest,
        )
