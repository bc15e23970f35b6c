"""Coder by its Helm chart, on a database that was proved fit before and is proved used after."""

import dataclasses

import pulumi
from pulumi_kubernetes import core, helm

from components import guards
from components.charts import Chart, Wiring, values, wired
from components.charts.values import Values
from components.coder.address import address
from components.coder.aftercheck import AftercheckArgs, aftercheck
from components.coder.login_secret import LoginSecretArgs, login_secret
from components.coder.namespace import namespace
from components.coder.preflight import Gate, PreflightArgs, preflight
from components.coder.rollout_marker import record
from components.connection import DatabasePlan, PostgresConnection

RELEASE = "coder"
TIMEOUT_SECONDS = 900
"""Longer than the classic chart's termination grace of 300 s; large migrations take minutes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CoderArgs:
    """One Coder: which chart, where, and on which database."""

    plan: DatabasePlan
    connection: PostgresConnection
    chart: Chart
    chart_repository: str
    chart_values: Values
    create_namespace: bool
    access_url: str
    replicas: int
    gate: Gate


class Coder(pulumi.ComponentResource):
    """The namespace, the login Secrets, the preflight, the release and the after-check."""

    namespace: pulumi.Output[str]
    address: pulumi.Output[str]
    access_url: pulumi.Output[str]
    secret_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: CoderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:coder:Coder", name, {}, opts)
        connection = args.connection
        self.namespace = namespace(f"{name}-namespace", args.plan, args.create_namespace, self)
        secrets = self._secrets(name, args)
        self.secret_name = secrets[0].metadata.name.apply(str)
        # A login that was given has no generation, yet its password may change; its Secret tells.
        generation = (
            secrets[0].metadata.resource_version.apply(str)
            if connection.generation is None
            else pulumi.Output.from_input(str(connection.generation))
        )
        checked = preflight(
            f"{name}-preflight",
            PreflightArgs(
                plan=args.plan,
                connection=connection,
                chart=args.chart,
                chart_values=args.chart_values,
                replicas=args.replicas,
                gate=args.gate,
                namespace=self.namespace,
                secret_name=self.secret_name,
                generation=generation,
            ),
            self,
        )
        wiring = wired(connection, args.replicas, args.access_url)
        told = record(
            f"{name}-record",
            self.namespace,
            args.chart,
            connection,
            wiring,
            generation,
            # A database that is not fit must stop the release; no value of the preflight says so.
            pulumi.ResourceOptions(parent=self, depends_on=[checked]),
        )
        wiring = dataclasses.replace(wiring, record=told.metadata.name)
        release = self._release(name, args, wiring)
        aftercheck(
            f"{name}-aftercheck",
            AftercheckArgs(
                plan=args.plan,
                connection=connection,
                namespace=self.namespace,
                secret_name=self.secret_name,
                since=told.metadata.creation_timestamp,
                revision=release.status.revision,
                scheduling=args.chart.scheduling(args.chart_values),
            ),
            self,
        )
        self.address = address(f"{name}-service", release, args.chart.service, self)
        self.access_url = (
            pulumi.Output.from_input(args.access_url)
            if args.access_url
            else pulumi.Output.concat("http://", self.address)
        )
        self.register_outputs({"address": self.address, "namespace": self.namespace})

    def _secrets(self, name: str, args: CoderArgs) -> list[core.v1.Secret]:
        """One for each login, the one in use first."""
        connection = args.connection
        return [
            login_secret(
                f"{name}-{login.secret_name.removeprefix('coder-')}",
                LoginSecretArgs(
                    connection=connection,
                    login=login,
                    namespace=self.namespace,
                    ca_path=args.chart.ca_path(login.secret_name),
                    protect=args.plan.protect,
                ),
                self,
            )
            for login in (connection.login, *connection.idle_logins)
        ]

    def _release(self, name: str, args: CoderArgs, wiring: Wiring) -> helm.v3.Release:
        """The chart; it waits, rolls back what fails, and keeps no secret in its values."""
        return helm.v3.Release(
            f"{name}-release",
            name=RELEASE,
            namespace=self.namespace,
            chart="coder",
            version=str(args.chart),
            repository_opts={"repo": args.chart_repository},
            values=values.merge(args.chart.values(wiring), args.chart_values),
            atomic=True,
            cleanup_on_fail=True,
            max_history=5,
            timeout=TIMEOUT_SECONDS,
            opts=guards.protected(
                self,
                f"{name}-release",
                protect=args.plan.protect,
                because=" by the settings namespace or cluster",
            ),
        )
