"""The chart of Coder 2.x, which is configured by environment variables."""

from types import MappingProxyType

from components.charts.base import CA_KEY, ROLLOUT_MARKER, URL_KEY, Chart, tolerations
from components.charts.options import ChartOptions, EntryKeys
from components.charts.values import Values
from components.connection import PostgresConnection
from components.kubernetes.scheduling import zone_affinity


class V2(Chart):
    """The chart of Coder 2.x, which has no `postgres` values."""

    flavour = "v2"
    section = "coder"
    service = "coder"
    entry = EntryKeys(
        service="coder.service",
        annotations="coder.service.annotations",
        tls="coder.tls.secretNames",
        routes=("coder.ingress", "coder.httproute"),
        own_https_port=False,
        access_url="CODER_ACCESS_URL",
        environment_sources="coder.envFrom",
        default_access_url="coder.envUseClusterAccessURL",
    )
    minimum_postgres = 13
    usual_pool = 10
    outside_pool = 2  # one for LISTEN, one that holds the migrations' lock
    default_repository = "https://helm.coder.com/v2"
    environment = "coder.env"
    own_variables = ("CODER_PG_AUTH",)
    set_by = MappingProxyType(
        {
            "coder.replicaCount": "replicas",
            "coder.env[CODER_PG_CONN_MAX_OPEN]": "poolSize",
            "coder.env[CODER_ACCESS_URL]": "accessUrl",
        }
    )

    def values(self, connection: PostgresConnection, options: ChartOptions) -> Values:
        secret_name = connection.login.secret_name
        url = {"secretKeyRef": {"name": secret_name, "key": URL_KEY}}
        env: list[Values] = [
            {"name": "CODER_PG_CONNECTION_URL", "valueFrom": url},
            {"name": "CODER_PG_CONN_MAX_OPEN", "value": str(self.pool)},
        ]
        if options.access_url:
            env.append({"name": "CODER_ACCESS_URL", "value": options.access_url})
        coder: Values = {
            "env": env,
            "replicaCount": options.replicas,
            "podAnnotations": {ROLLOUT_MARKER: options.rollout_marker},
            **zone_affinity(connection.zone),
        }
        if connection.verifies_with_ca:
            coder["certs"] = {"secrets": [{"name": secret_name, "key": CA_KEY}]}
        if service := self._service(options):
            coder["service"] = service
        return {"coder": coder}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/{secret_name}.crt"

    def scheduling(self, chart_values: Values) -> Values:
        coder = chart_values.get("coder", {})
        selector = coder.get("nodeSelector")
        return {**({"nodeSelector": selector} if selector else {}), **tolerations(coder)}

    def _service(self, options: ChartOptions) -> Values:
        annotations, kind = options.service.annotations, options.service.type
        return {
            **({"annotations": dict(annotations)} if annotations else {}),
            **({"type": kind} if kind else {}),
        }
