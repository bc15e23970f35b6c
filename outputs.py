"""The stack's outputs: the contract with other stacks and scripts."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pulumi

from components.clouds import Postgres
from components.coder.coder import Coder
from settings import Stack

CONTRACT_VERSION = 1
"""A consumer may rely on the outputs' names and meanings while it stays."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Made:
    """What the outputs are taken from."""

    stack: Stack
    postgres: Postgres
    coder: Coder


OUTPUTS: dict[str, tuple[Callable[[Made], Any], str]] = {
    "contractVersion": (
        lambda made: CONTRACT_VERSION,
        "version of the outputs' names and meanings; it is raised when one of them changes",
    ),
    "accessUrl": (
        lambda made: made.coder.access_url,
        "where people find Coder: the setting, the URL in `coder.env` or in a ConfigMap of "
        "`coder.envFrom`, the host of the ingress, or else `address`, with https where there is a "
        "certificate",
    ),
    "address": (
        lambda made: made.coder.address,
        "where other programs find it: the external address of the ingress controller or of the "
        "load balancer; without one, the Service's name in the cluster; empty if the chart makes "
        "no Service",
    ),
    "servicePort": (
        lambda made: made.coder.service_port,
        "port of Coder's Service: 443 if it serves https, else 80; 0 if the chart makes no Service",
    ),
    "namespace": (lambda made: made.coder.namespace, "of Coder and its workspaces"),
    "databaseHost": (
        lambda made: made.postgres.connection.host,
        "host of the connection in use",
    ),
    "databasePort": (lambda made: made.postgres.connection.port, "its port"),
    "databaseName": (lambda made: made.postgres.connection.database, "its database"),
    "databaseUser": (
        lambda made: made.postgres.connection.login.username,
        "its login, another one after each rotation; the former one works until the next rotation",
    ),
    "databaseSslMode": (
        lambda made: made.postgres.connection.ssl_mode,
        "its `sslmode`: the strictest one that the server's certificate passes",
    ),
    "passwordSecretName": (
        lambda made: made.coder.secret_name,
        "the Secret, in `namespace`, that holds its password, another one after each rotation",
    ),
    "databaseVersion": (
        lambda made: made.stack.postgres.traits.version,
        "PostgreSQL's major version (`postgresVersion`); an upgrade may wait for its window",
    ),
    "databaseZone": (
        lambda made: made.postgres.connection.zone_name,
        "the zone wanted for the server, which Coder's pods prefer; empty if none is known",
    ),
    "databaseLiveZone": (
        lambda made: made.postgres.server.live_zone,
        "the zone of the server as of the last update: another one than `databaseZone` after a "
        "failover; empty if unknown, as for `cloud: existing`",
    ),
    "databaseId": (
        lambda made: made.postgres.server.id,
        "aws: ARN of the instance; azure: resource ID of the server; gcp: self link of the "
        "instance; existing: empty",
    ),
    "databaseFirewallId": (
        lambda made: made.postgres.server.firewall_id,
        "what decides who reaches the server; aws: ID of its security group; azure: resource ID of "
        "its delegated subnet or private endpoint; gcp: its network, "
        "`projects/…/global/networks/…`; existing: empty",
    ),
    "chart": (lambda made: made.stack.chart.flavour, "the chart's flavour: `classic` or `v2`"),
    "chartVersion": (lambda made: str(made.stack.chart), "the chart's version"),
}
"""The value of each output, and what the README says of it. None is secret or an object."""


def export(stack: Stack, postgres: Postgres, coder: Coder) -> None:
    """Export all outputs."""
    made = Made(stack=stack, postgres=postgres, coder=coder)
    for name, (value, _) in OUTPUTS.items():
        pulumi.export(name, value(made))
