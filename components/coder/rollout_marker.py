"""Marks when the configuration of Coder's database last changed."""

import hashlib

import pulumi
from pulumi_kubernetes import core

from components.coder.args import CoderArgs, InstalledLogin


def rollout_marker(
    name: str, args: CoderArgs, login: InstalledLogin, opts: pulumi.ResourceOptions
) -> core.v1.ConfigMap:
    """A ConfigMap that is replaced, under a new name, when its data changes.

    Coder's pods carry the name as an annotation, so a new one restarts them; the ConfigMap's
    creation time tells the sessions of the new pods from older ones.
    """
    connection = args.connection
    ca_digest = pulumi.Output.from_input(connection.ca_certificate or "").apply(
        lambda pem: hashlib.sha256(pem.encode()).hexdigest()
    )
    return core.v1.ConfigMap(
        name,
        metadata={"namespace": login.namespace},
        data={
            "chart": f"{args.chart.flavour} {args.chart}",
            "host": connection.host,
            "port": str(connection.port),
            "database": connection.database,
            "username": connection.login.username,
            "sslMode": connection.ssl_mode,
            "caCertificate": ca_digest,
            "secret": connection.login.secret_name,
            "password": login.password_digest,
            "accessUrl": args.access_url,
        },
        opts=opts,
    )
