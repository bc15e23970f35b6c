"""The chart of Coder 1.x, which is configured by `postgres` values."""

from collections.abc import Iterator
from types import MappingProxyType

from components.charts.base import CA_KEY, ROLLOUT_MARKER, Chart, tolerations
from components.charts.options import ChartOptions, EntryKeys
from components.charts.values import Values
from components.connection import VERIFIED, ConnectionTraits, PostgresConnection
from components.kubernetes.scheduling import zone_affinity

END_OF_LIFE = "2024-03-31"
"""Coder's own FAQ: no security fixes since then."""
POOL_VARIABLE = "CODER_MAX_DB_CONNECTIONS"


class Classic(Chart):
    """The chart of Coder 1.x, from 1.21.0 to 1.44.3."""

    flavour = "classic"
    section = "coderd"
    service = "coderd"
    entry = EntryKeys(
        service="coderd.serviceSpec",
        annotations="coderd.serviceAnnotations",
        tls="coderd.tls.hostSecretName",
        routes=("ingress",),
        own_https_port=True,
    )
    minimum_postgres = 11
    usual_pool = 30
    outside_pool = 0
    default_repository = "https://helm.coder.com"
    environment = "coderd.extraEnvs"
    own_variables = ("DB_",)
    set_by = MappingProxyType(
        {
            "coderd.replicas": "replicas",
            f"coderd.extraEnvs[{POOL_VARIABLE}]": "poolSize",
        }
    )

    def values(self, connection: PostgresConnection, options: ChartOptions) -> Values:
        coderd: Values = {"replicas": options.replicas, **zone_affinity(connection.zone)}
        if self.knows("coderd.extraEnvs"):
            coderd["extraEnvs"] = [{"name": POOL_VARIABLE, "value": str(self.pool)}]
        if annotations := options.service.annotations:
            coderd["serviceAnnotations"] = dict(annotations)
        if kind := options.service.type:
            # Kubernetes refuses the chart's default policy where the Service has no node port.
            coderd["serviceSpec"] = {"type": kind, "externalTrafficPolicy": ""}
        marker = {"annotations": {ROLLOUT_MARKER: options.rollout_marker}}
        postgres = {"postgres": self._postgres(connection)}
        if self.knows("coderd.annotations"):
            return postgres | {"coderd": coderd | marker}
        # Older charts have only the annotations of all pods.
        return postgres | {"coderd": coderd, "services": marker}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/pg/rootcert/{CA_KEY}"

    def scheduling(self, chart_values: Values) -> Values:
        services = chart_values.get("services", {})
        # The chart's default; Helm merges the user's nodeSelector into it key by key.
        selector = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        return {
            "nodeSelector": selector | services.get("nodeSelector", {}),
            **tolerations(services),
        }

    def warnings(self) -> Iterator[str]:
        yield (
            f"chartVersion: {self} is a classic chart; Coder has made no security fixes for it "
            f"since {END_OF_LIFE}. Plan the move to 2.x, which needs a database of its own"
        )

    def problems(self, traits: ConnectionTraits, options: ChartOptions) -> Iterator[str]:
        yield from list(self._unsupported(traits, options)) or super().problems(traits, options)

    def _unsupported(self, traits: ConnectionTraits, options: ChartOptions) -> Iterator[str]:
        """One line for each thing that was asked for and this version has no value for."""
        if options.service.annotations and not self.knows(self.entry.annotations):
            yield (
                f"exposure: chart {self} has no value for the Service's annotations, which keep "
                "its load balancer internal; set chartVersion to 1.21.1 or later, or exposure to "
                "none"
            )
        if traits.ssl_mode in VERIFIED and not self.knows("postgres.ssl"):
            yield (
                f"chartVersion: {self} has no value for a CA certificate, so Coder can't verify "
                f"the server ({traits.ssl_mode}); set it to 1.26.0 or later, or with cloud: "
                "existing set existing.sslMode to require"
            )
        if traits.zone and not self.knows("coderd.affinity"):
            yield (
                f"zone: chart {self} has no value that prefers the database's zone; set "
                "chartVersion to 1.25.0 or later, or remove zone and cluster.zone"
            )
        if self.pool != self.usual_pool and not self.knows("coderd.extraEnvs"):
            yield (
                f"poolSize: is {self.pool}, and chart {self} has no value for it; set chartVersion "
                "to 1.29.1 or later, or poolSize to 0"
            )
        if traits.search_path and not self.knows("postgres.searchPath"):
            yield (
                f"existing.searchPath: is set, and chart {self} has no value for it; set "
                "chartVersion to 1.37.0 or later"
            )
        if not traits.has_password and self.version < (1, 27, 0):
            yield (
                f"existing.password: missing, and chart {self} requires one; set it, or set "
                "chartVersion to 1.27.0 or later"
            )

    def _postgres(self, connection: PostgresConnection) -> Values:
        login = connection.login
        has_password = login.password is not None
        postgres: Values = {
            # With the built-in database on, the chart ignores every other value here.
            "default": {"enable": False},
            "host": connection.host,
            "port": str(connection.port),
            "database": connection.database,
            "user": login.username,
            "passwordSecret": login.secret_name if has_password else "",
            "sslMode": connection.ssl_mode,
        }
        if connection.search_path:
            postgres["searchPath"] = connection.search_path
        if connection.verifies_with_ca:
            postgres["ssl"] = {"rootCertSecret": {"name": login.secret_name, "key": CA_KEY}}
        if has_password and self.knows("postgres.noPasswordEnv"):
            postgres["noPasswordEnv"] = True
        return postgres
