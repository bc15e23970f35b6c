"""The Kubernetes Secret of one login: everything that a client needs to connect."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.charts import CA_KEY, PASSWORD_KEY, URL_KEY
from components.connection import Login, PostgresConnection
from components.database import generations
from components.database.spec import DatabaseSpec
from components.kubernetes.conflicts import object_conflict

DATABASE_ANNOTATION = "coder/database"
DIGEST_ANNOTATION = "coder/password-digest"


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoginSecretArgs:
    """One login of a connection, and the place of its Secret."""

    connection: PostgresConnection
    login: Login
    namespace: pulumi.Input[str]
    ca_path: str
    """The path of this Secret's CA certificate in Coder's container."""
    spec: DatabaseSpec


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
    annotations: dict[str, pulumi.Input[str]] = {
        DATABASE_ANNOTATION: pulumi.Output.format(
            "{0}:{1}/{2}", connection.host, connection.port, connection.database
        )
    }
    if login.generation is not None:
        annotations[generations.ANNOTATION] = str(login.generation)
        annotations[DIGEST_ANNOTATION] = login.password_digest
    return core.v1.Secret(
        name,
        metadata={
            "name": login.secret_name,
            "namespace": args.namespace,
            "annotations": annotations,
        },
        string_data=content,
        opts=guards.protected(
            parent,
            name,
            protect=args.spec.protect,
            because=" by the settings existing, namespace or cluster",
            rules=[
                guards.ChangeRule(validate_update=_refuse_another_database),
                guards.ChangeRule(validate_update=_refuse_another_password, impossible=True),
            ],
            conflict=object_conflict(
                args.spec.cluster,
                "Secret",
                args.spec.namespace,
                login.secret_name,
                parent,
            ),
        ),
    )


def _refuse_another_database(old: guards.Inputs, new: guards.Inputs) -> str | None:
    before, after = (_annotations(inputs).get(DATABASE_ANNOTATION) for inputs in (old, new))
    if before is None or not isinstance(after, str) or after == before:
        return None
    return (
        f"Coder would change from the database {before} to {after} and lose its users and "
        "workspaces; if you have moved the data: `pulumi config set protect false`, `pulumi up`, "
        "then `pulumi config set protect true`"
    )


def _refuse_another_password(old: guards.Inputs, new: guards.Inputs) -> str | None:
    """Refuse, at preview, to generate another password in the same generation."""
    before, after = _annotations(old), _annotations(new)
    generation = before.get(generations.ANNOTATION)
    # The digest of a password that is yet to be generated is unknown.
    known = DIGEST_ANNOTATION not in before or isinstance(after.get(DIGEST_ANNOTATION), str)
    if known or generation is None or after.get(generations.ANNOTATION) != generation:
        return None
    return (
        f"passwordGeneration: the password of generation {generation} would be generated again "
        "(by --replace, or because the state has lost it), and Coder's pods that use it would "
        "fail; leave out --replace, and to rotate the password add one to passwordGeneration. To "
        "replace a lost password, with a short outage: `pulumi up --skip-preview`"
    )


def _annotations(inputs: guards.Inputs) -> Mapping[str, Any]:
    return inputs["metadata"].get("annotations") or {}
