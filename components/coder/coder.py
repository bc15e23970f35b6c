"""Coder by its Helm chart, with the checks of its database before and after the release."""

import pulumi
from pulumi_kubernetes import core

from components.coder.address import address
from components.coder.aftercheck import aftercheck
from components.coder.args import CoderArgs, InstalledLogin
from components.coder.findings import findings
from components.coder.load_balancer import load_balancer
from components.coder.login_secret import LoginSecretArgs, login_secret
from components.coder.namespace import namespace
from components.coder.preflight import preflight
from components.coder.release import release
from components.coder.rollout_marker import rollout_marker
from components.coder.rollout_wait import RolloutWait


class Coder(pulumi.ComponentResource):
    """The namespace, the login Secrets, the preflight, the release and the after-check."""

    namespace: pulumi.Output[str]
    address: pulumi.Output[str]
    access_url: pulumi.Output[str]
    service_port: int
    secret_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: CoderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:coder:Coder", name, {}, opts)
        self.service_port = args.exposure.service_port
        self.namespace = namespace(f"{name}-namespace", args.spec, self)
        secret, *_ = self._secrets(name, args)
        login = InstalledLogin.of(args.connection, self.namespace, secret)
        self.secret_name = login.secret_name
        checked = preflight(f"{name}-preflight", args, login, self)
        marker = rollout_marker(
            f"{name}-record",
            args,
            login,
            # A failed preflight must stop the release, which uses none of the preflight's outputs.
            pulumi.ResourceOptions(parent=self, depends_on=[checked]),
        )
        released = release(f"{name}-release", args, self.namespace, marker, self)
        wait = RolloutWait(args, self)
        started = wait.started(released)
        proved = aftercheck(
            f"{name}-aftercheck",
            args,
            login,
            since=marker.created,
            # Where no pod runs, the after-check would blame the database. It runs beside the rest
            # of the wait, which prints what a migration waits for.
            revision=started,
            parent=self,
        )
        findings(f"{name}-findings", args, self.namespace, [checked, proved], self)
        reachable = load_balancer(args, wait.finished(released, started), self)
        found = address(args, reachable, self)
        self.address = found.apply(lambda found: found.host)
        self.access_url = found.apply(lambda found: found.url)
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
                    spec=args.spec,
                ),
                self,
            )
            for login in (connection.login, *connection.idle_logins)
        ]
