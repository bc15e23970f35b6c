"""The Kubernetes Secret that holds one login of the database, complete enough to connect with."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.charts import CA_KEY, PASSWORD_KEY, URL_KEY
from components.connection import VERIFIED, Login, PostgresConnection

PLACE = "coder/database"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoginSecretArgs:
    """One login of a connection, and where its Secret goes."""

    connection: PostgresConnection
    login: Login
    namespace: pulumi.Input[str]
    ca_path: str
    """Where Coder's container finds the CA of this Secret."""
    protect: bool


def login_secret(name: str, args: LoginSecretArgs, parent: pulumi.Resource) -> core.v1.Secret:
    """The Secret, which has a key for each part of the login and one, `url`, for all of it."""
    connection, login = args.connection, args.login
    url = connection.url_of(login)
    content: dict[str, pulumi.Input[str]] = {
        "username": login.username,
        "host": connection.host,
        "port": str(connection.port),
        "database": connection.database,
    }
    if login.password is not None:
        content[PASSWORD_KEY] = login.password
    if connection.ca_certificate is not None:
        content[CA_KEY] = connection.ca_certificate
        if connection.ssl_mode in VERIFIED:
            url = pulumi.Output.concat(url, "&sslrootcert=", args.ca_path)
    content[URL_KEY] = url
    place = pulumi.Output.format(
        "{0}:{1}/{2}", connection.host, connection.port, connection.database
    )
    return core.v1.Secret(
        name,
        metadata={
            "name": login.secret_name,
            "namespace": args.namespace,
            "annotations": {PLACE: place},
        },
        string_data=content,
        opts=guards.protected(
            parent,
            name,
            protect=args.protect,
            because=" by the settings existing, namespace or cluster",
            rules=[guards.ChangeRule(validate_update=_refuse_another_database)],
        ),
    )


def _refuse_another_database(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    before, after = (inputs["metadata"]["annotations"].get(PLACE) for inputs in (old, new))
    if before is None or not isinstance(after, str) or after == before:
        return None
    return (
        f"Coder would leave the database {before} for {after} and find none of its users there; if "
        "the data has moved: `pulumi config set protect false`, `pulumi up`, then protect it again"
    )
