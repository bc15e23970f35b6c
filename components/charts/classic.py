"""The chart of Coder 1.x, which is told of its database by `postgres` values."""

from collections.abc import Iterator

from components.charts import keys
from components.charts.base import CA_KEY, RECORD, Chart, affinity, tolerations
from components.charts.values import Values
from components.charts.wiring import Wiring
from components.connection import VERIFIED

LACKING = ((1, 35, 1), (1, 35, 2))
"""Versions released without `postgres.noPasswordEnv`, which 1.35.0 had brought."""


class Classic(Chart):
    """The chart of Coder 1.x, from 1.19.0 to 1.44.3."""

    flavour = "classic"
    service = "coderd"
    minimum_postgres = 11
    connections_per_replica = 30
    home = "https://helm.coder.com"
    keys = keys.CLASSIC
    environment = ("coderd", "extraEnvs")
    own_variables = ("DB_",)

    def values(self, wiring: Wiring) -> Values:
        postgres: Values = {
            # Each switch alone is ignored, without a word, by some versions: the built-in
            # database would stay on and every other value here would be lost.
            "useDefault": False,
            "default": {"enable": False},
            "host": wiring.host,
            "port": str(wiring.port),
            "database": wiring.database,
            "user": wiring.username,
            "passwordSecret": wiring.secret_name if wiring.has_password else "",
            "sslMode": wiring.ssl_mode,
        }
        if wiring.has_ca:
            postgres["ssl"] = {"rootCertSecret": {"name": wiring.secret_name, "key": CA_KEY}}
        if wiring.has_password and self._mounts_password:
            postgres["noPasswordEnv"] = True
        coderd: Values = {
            "replicas": wiring.replicas,
            "annotations": {RECORD: wiring.record},
            **affinity(wiring.zone),
        }
        if self.version >= self.keys["coderd.extraEnvs"]:
            pool = str(self.connections_per_replica)
            coderd["extraEnvs"] = [{"name": "CODER_MAX_DB_CONNECTIONS", "value": pool}]
        return {"postgres": postgres, "coderd": coderd}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/pg/rootcert/{CA_KEY}"

    def scheduling(self, chart_values: Values) -> Values:
        services = chart_values.get("services") or {}
        # The chart's own default; a person's selector is merged over it, as Helm merges maps.
        selector = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        return {
            "nodeSelector": selector | (services.get("nodeSelector") or {}),
            **tolerations(services),
        }

    def value_problems(self, wiring: Wiring, chart_values: Values) -> Iterator[str]:
        yield from super().value_problems(wiring, chart_values)
        postgres = chart_values.get("postgres")
        if self.version in LACKING and isinstance(postgres, dict) and "noPasswordEnv" in postgres:
            yield (
                "chartValues.postgres.noPasswordEnv: 1.35.1 and 1.35.2 were released without this "
                f"key (chart {self})"
            )

    def problems(self, wiring: Wiring) -> Iterator[str]:
        if wiring.ssl_mode in VERIFIED and self.version < self.keys["postgres.ssl"]:
            yield (
                f"chartVersion: {self} can't be handed a CA, so it can't verify the server "
                f"({wiring.ssl_mode}); take 1.26.0 or later, or set existing.sslMode to require"
            )
        if not wiring.has_password and self.version < (1, 27, 0):
            yield f"existing.password: missing, and chart {self} needs one; 1.27.0 and later do not"
        if wiring.access_url:
            yield f"accessUrl: is set, yet chart {self} takes none; set it in Coder's dashboard"

    @property
    def _mounts_password(self) -> bool:
        return self.version >= self.keys["postgres.noPasswordEnv"] and self.version not in LACKING
