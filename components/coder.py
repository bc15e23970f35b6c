"""Coder by its Helm chart, on a database that was proved fit before and is proved used after."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core, helm
from pulumi_kubernetes.core.v1.outputs import ServiceStatus
from pulumi_kubernetes.meta.v1.outputs import ObjectMeta

from components import protection, values
from components.charts import CA_KEY, PASSWORD_KEY, URL_KEY, Chart, Wiring
from components.jobs import Job, JobArgs
from components.postgres import VERIFIED, DatabasePlan, Login, PostgresConnection
from components.preflight import Gate, PreflightArgs, connection_env, preflight
from components.values import Values

RELEASE = "coder"
PLACE = "coder/database"
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
        child = pulumi.ResourceOptions(parent=self)
        connection = args.connection
        self.namespace = self._namespace(name, args)
        secret = self._secret(name, args, connection.login)
        for login in connection.idle_logins:
            self._secret(name, args, login)
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
                secret_name=secret,
            ),
            self,
        )
        release = helm.v3.Release(
            f"{name}-release",
            name=RELEASE,
            namespace=self.namespace,
            chart="coder",
            version=str(args.chart),
            repository_opts={"repo": args.chart_repository},
            values=values.merge(args.chart.values(_wiring(args)), args.chart_values),
            atomic=True,
            cleanup_on_fail=True,
            max_history=5,
            timeout=TIMEOUT_SECONDS,
            # A database that is not fit must stop the release, and nothing of it is in the values.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[checked]),
        )
        Job(
            f"{name}-aftercheck",
            JobArgs(
                namespace=self.namespace,
                image=args.plan.tools_image,
                scripts=("aftercheck",),
                env={
                    **connection_env(connection),
                    # The preflight ends before the release begins, on the cluster's own clock.
                    "SINCE": checked.status.completion_time,
                    "SECONDS_TO_WAIT": "120",
                },
                secret_name=secret,
                deadline_seconds=240,
                trigger={"revision": release.status.revision.apply(str)},
                zone=connection.zone,
                scheduling=args.chart.scheduling(args.chart_values),
            ),
            child,
        )
        service = core.v1.Service.get(
            f"{name}-service",
            pulumi.Output.concat(release.status.namespace, "/", args.chart.service),
            opts=child,
        )
        self.address = pulumi.Output.all(service.status, service.metadata).apply(
            lambda parts: _address(*parts)
        )
        self.access_url = (
            pulumi.Output.from_input(args.access_url)
            if args.access_url
            else pulumi.Output.concat("http://", self.address)
        )
        self.secret_name = secret
        self.register_outputs({"address": self.address, "namespace": self.namespace})

    def _namespace(self, name: str, args: CoderArgs) -> pulumi.Output[str]:
        """The namespace's name; with `createNamespace: false` it must be there already."""
        if not args.create_namespace:
            return pulumi.Output.from_input(args.plan.namespace)
        guard = protection.guard(
            f"{name}-namespace",
            f"Namespace {args.plan.namespace}, where the workspaces live,",
            protect=args.plan.protect,
        )
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata={"name": args.plan.namespace},
            opts=pulumi.ResourceOptions(parent=self, protect=args.plan.protect, hooks=guard),
        )
        return namespace.metadata.name.apply(str)

    def _secret(self, name: str, args: CoderArgs, login: Login) -> pulumi.Output[str]:
        """The name of the Secret that holds one login, complete enough to connect with."""
        connection = args.connection
        noun = login.secret_name.removeprefix("coder-db").strip("-") or "login"
        url = connection.url_of(login)
        content: dict[str, pulumi.Input[str]] = {
            "username": login.username,
            "host": connection.host,
            "port": str(connection.port),
            "database": connection.database,
        }
        if login.password is not None:
            content[PASSWORD_KEY] = login.password
        if connection.ca_certificate is not None:
            content[CA_KEY] = connection.ca_certificate
            if connection.ssl_mode in VERIFIED:
                path = args.chart.ca_path(login.secret_name)
                url = pulumi.Output.concat(url, "&sslrootcert=", path)
        content[URL_KEY] = url
        place = pulumi.Output.format(
            "{0}:{1}/{2}", connection.host, connection.port, connection.database
        )
        guard = protection.guard(
            f"{name}-{noun}",
            f"Secret {login.secret_name}",
            _another_database,
            protect=args.plan.protect,
        )
        secret = core.v1.Secret(
            f"{name}-{noun}",
            metadata={
                "name": login.secret_name,
                "namespace": self.namespace,
                "annotations": {PLACE: place},
            },
            string_data=content,
            opts=pulumi.ResourceOptions(parent=self, hooks=guard),
        )
        return secret.metadata.name.apply(str)


def _wiring(args: CoderArgs) -> Wiring:
    connection = args.connection
    return Wiring(
        host=connection.host,
        port=connection.port,
        database=connection.database,
        username=connection.login.username,
        ssl_mode=connection.ssl_mode,
        secret_name=connection.login.secret_name,
        has_password=connection.login.password is not None,
        has_ca=connection.ca_certificate is not None and connection.ssl_mode in VERIFIED,
        replicas=args.replicas,
        zone=connection.zone,
        access_url=args.access_url,
    )


def _another_database(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    before, after = (inputs["metadata"]["annotations"].get(PLACE) for inputs in (old, new))
    if before is None or not isinstance(after, str) or after == before:
        return None
    return (
        f"protect: Coder would leave the database {before} for {after} and find none of its users "
        "there. If the data has moved: `pulumi config set protect false`, `pulumi up`, then "
        "protect it again"
    )


def _address(status: ServiceStatus | None, metadata: ObjectMeta) -> str:
    """Where Coder answers: the load balancer's address, or the Service's name in the cluster."""
    balancer = status.load_balancer if status else None
    for ingress in (balancer.ingress if balancer else None) or []:
        if found := ingress.hostname or ingress.ip:
            return found
    return f"{metadata.name}.{metadata.namespace}.svc.cluster.local"
