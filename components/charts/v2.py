"""The chart of Coder 2.x, which is told of its database by environment."""

from components.charts import keys
from components.charts.base import CA_KEY, RECORD, URL_KEY, Chart, affinity, tolerations
from components.charts.values import Values
from components.charts.wiring import Wiring


class V2(Chart):
    """The chart of Coder 2.x, which knows no `postgres` values: all goes by environment."""

    flavour = "v2"
    service = "coder"
    minimum_postgres = 13
    pool = 10
    connections_per_replica = pool + 2  # LISTEN and the migrations' lock stand beside the pool
    home = "https://helm.coder.com/v2"
    keys = keys.V2
    environment = ("coder", "env")
    own_variables = ("CODER_PG_AUTH",)

    def values(self, wiring: Wiring) -> Values:
        url = {"secretKeyRef": {"name": wiring.secret_name, "key": URL_KEY}}
        env: list[Values] = [
            {"name": "CODER_PG_CONNECTION_URL", "valueFrom": url},
            {"name": "CODER_PG_CONN_MAX_OPEN", "value": str(self.pool)},
        ]
        if wiring.access_url:
            env.append({"name": "CODER_ACCESS_URL", "value": wiring.access_url})
        coder: Values = {
            "env": env,
            "replicaCount": wiring.replicas,
            "podAnnotations": {RECORD: wiring.record},
            **affinity(wiring.zone),
        }
        if wiring.has_ca:
            coder["certs"] = {"secrets": [{"name": wiring.secret_name, "key": CA_KEY}]}
        return {"coder": coder}

    def ca_path(self, secret_name: str) -> str:
        return f"/etc/ssl/certs/{secret_name}.crt"

    def scheduling(self, chart_values: Values) -> Values:
        coder = chart_values.get("coder", {})
        selector = coder.get("nodeSelector")
        return {**({"nodeSelector": selector} if selector else {}), **tolerations(coder)}
