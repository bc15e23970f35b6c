"""The chart of Coder 1.x, which is configured by `postgres` values."""

from collections.abc import Iterator

from components.charts import keys
from components.charts.base import CA_KEY, ROLLOUT_MARKER, Chart, ChartOptions, tolerations
from components.charts.values import Values
from components.connection import VERIFIED, ConnectionTraits, PostgresConnection
from components.kubernetes.scheduling import zone_affinity

WITHOUT_NO_PASSWORD_ENV = ((1, 35, 1), (1, 35, 2))
"""Versions released without `postgres.noPasswordEnv`, which 1.35.0 introduced."""


class Classic(Chart):
    """The chart of Coder 1.x, from 1.19.0 to 1.44.3."""

    flavour = "classic"
    service = "coderd"
    minimum_postgres = 11
    connections_per_replica = 30
    default_repository = "https://helm.coder.com"
    keys = keys.CLASSIC
    environment = ("coderd", "extraEnvs")
    own_variables = ("DB_",)

    def values(self, connection: PostgresConnection, options: ChartOptions) -> Values:
        coderd: Values = {
            "replicas": options.replicas,
            "annotations": {ROLLOUT_MARKER: options.rollout_marker},
            **zone_affinity(connection.zone),
        }
        if self.version >= self.keys["coderd.extraEnvs"]:
            pool = str(self.connections_per_replica)
            coderd["extraEnvs"] = [{"name": "CODER_MAX_DB_CONNECTIONS", "value": pool}]
        return {"postgres": self._postgres(connection), "coderd": coderd}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/pg/rootcert/{CA_KEY}"

    def scheduling(self, chart_values: Values) -> Values:
        services = chart_values.get("services") or {}
        # The chart's default; Helm merges the user's nodeSelector into it key by key.
        selector = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        return {
            "nodeSelector": selector | (services.get("nodeSelector") or {}),
            **tolerations(services),
        }

    def value_problems(
        self, traits: ConnectionTraits, options: ChartOptions, chart_values: Values
    ) -> Iterator[str]:
        yield from super().value_problems(traits, options, chart_values)
        if options.access_url:
            yield (
                f"accessUrl: is set, and chart {self} has no value for it; leave it empty and set "
                "it in Coder's dashboard"
            )
        postgres = chart_values.get("postgres")
        if (
            self.version in WITHOUT_NO_PASSWORD_ENV
            and isinstance(postgres, dict)
            and "noPasswordEnv" in postgres
        ):
            yield (
                "chartValues.postgres.noPasswordEnv: 1.35.1 and 1.35.2 were released without this "
                f"key (chart {self})"
            )

    def problems(self, traits: ConnectionTraits) -> Iterator[str]:
        if traits.ssl_mode in VERIFIED and self.version < self.keys["postgres.ssl"]:
            yield (
                f"chartVersion: {self} has no value for a CA certificate, so Coder can't verify "
                f"the server ({traits.ssl_mode}); set it to 1.26.0 or later, or with cloud: "
                "existing set existing.sslMode to require"
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
            # Some versions obey only one of the two switches. With the built-in database on, the
            # chart ignores every other value here without an error.
            "useDefault": False,
            "default": {"enable": False},
            "host": connection.host,
            "port": str(connection.port),
            "database": connection.database,
            "user": login.username,
            "passwordSecret": login.secret_name if has_password else "",
            "sslMode": connection.ssl_mode,
        }
        if connection.verifies_with_ca:
            postgres["ssl"] = {"rootCertSecret": {"name": login.secret_name, "key": CA_KEY}}
        if has_password and self._mounts_password:
            postgres["noPasswordEnv"] = True
        return postgres

    @property
    def _mounts_password(self) -> bool:
        return (
            self.version >= self.keys["postgres.noPasswordEnv"]
            and self.version not in WITHOUT_NO_PASSWORD_ENV
        )
