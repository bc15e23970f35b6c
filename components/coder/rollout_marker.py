"""A record, in Coder's namespace, of what Coder was last told of its database, and since when."""

import hashlib

import pulumi
from pulumi_kubernetes import core

from components.charts import Chart, Wiring
from components.connection import PostgresConnection


def record(
    name: str,
    namespace: pulumi.Input[str],
    chart: Chart,
    connection: PostgresConnection,
    wiring: Wiring,
    generation: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> core.v1.ConfigMap:
    """A ConfigMap that is made anew, under a new name, whenever Coder is told something else.

    Its name in the pods' annotations makes them roll; its age tells their sessions from older ones.
    """
    authority = pulumi.Output.from_input(connection.ca_certificate or "").apply(
        lambda pem: hashlib.sha256(pem.encode()).hexdigest()
    )
    return core.v1.ConfigMap(
        name,
        metadata={"namespace": namespace},
        data={
            "chart": f"{chart.flavour} {chart}",
            "host": wiring.host,
            "port": str(wiring.port),
            "database": wiring.database,
            "username": wiring.username,
            "sslMode": wiring.ssl_mode,
            "caCertificate": authority,
            "secret": wiring.secret_name,
            "generation": generation,
            "accessUrl": wiring.access_url,
        },
        opts=opts,
    )
