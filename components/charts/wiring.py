"""What a chart is told of its database."""

import dataclasses

import pulumi

from components.connection import VERIFIED, PostgresArgs, PostgresConnection


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wiring:
    """What a chart must be told of its database; Secrets by name, so no value is a secret."""

    host: pulumi.Input[str]
    port: int
    database: str
    username: str
    ssl_mode: str
    secret_name: str
    has_password: bool
    has_ca: bool
    replicas: int
    zone: str
    access_url: str
    record: pulumi.Input[str] = ""
    """Another name whenever any of this is another; Coder's pods carry it, and so roll."""


def wired(connection: PostgresConnection, replicas: int, access_url: str) -> Wiring:
    """What a chart is told of that connection."""
    return Wiring(
        host=connection.host,
        port=connection.port,
        database=connection.database,
        username=connection.login.username,
        ssl_mode=connection.ssl_mode,
        secret_name=connection.login.secret_name,
        has_password=connection.login.password is not None,
        has_ca=connection.ca_certificate is not None and connection.ssl_mode in VERIFIED,
        replicas=replicas,
        zone=connection.zone,
        access_url=access_url,
    )


def foreseen(postgres: PostgresArgs, replicas: int, access_url: str) -> Wiring:
    """The shape of what a chart will be told, for checks that need no values."""
    return Wiring(
        host="",
        port=0,
        database="",
        username="",
        ssl_mode=postgres.ssl_mode,
        secret_name="",
        has_password=postgres.has_password,
        has_ca=postgres.ca_certificate is not None and postgres.ssl_mode in VERIFIED,
        replicas=replicas,
        zone=postgres.zone,
        access_url=access_url,
    )
