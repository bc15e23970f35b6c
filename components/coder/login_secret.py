"""The Kubernetes Secret of one login: everything that a client needs to connect."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.charts import CA_KEY, PASSWORD_KEY, URL_KEY
from components.connection import Login, PostgresConnection

DATABASE_ANNOTATION = "coder/database"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoginSecretArgs:
    """One login of a connection, and the place of its Secret."""

    connection: PostgresConnection
    login: Login
    namespace: pulumi.Input[str]
    ca_path: str
    """The path of this Secret's CA certificate in Coder's container."""
    protect: bool


def login_secret(name: str, args: LoginSecretArgs, parent: pulumi.Resource) -> core.v1.Secret:
    """A Secret with one key for each part of the login, and `url` for all of them."""
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
        if connection.verifies_with_ca:
            url = pulumi.Output.concat(url, "&sslrootcert=", args.ca_path)
    content[URL_KEY] = url
    server = pulumi.Output.format(
        "{0}:{1}/{2}", connection.host, connection.port, connection.database
    )
    return core.v1.Secret(
        name,
        metadata={
            "name": login.secret_name,
            "namespace": args.namespace,
            "annotations": {DATABASE_ANNOTATION: server},
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
    before, after = (
        inputs["metadata"]["annotations"].get(DATABASE_ANNOTATION) for inputs in (old, new)
    )
    if before is None or not isinstance(after, str) or after == before:
        return None
    return (
        f"Coder would change from the database {before} to {after} and lose its users and "
        "workspaces; if you have moved the data: `pulumi config set protect false`, `pulumi up`, "
        "then `pulumi config set protect true`"
    )
