"""A connection's passwords and URLs are secret outputs."""

import pulumi
import pytest

import settings
from components.connection import Login, PostgresConnection
from tests.unit.pretend import deploy, unwrapped
from tests.unit.stacks import Stack, given, made


def connection(password: pulumi.Output[str] | None) -> PostgresConnection:
    return PostgresConnection(
        host="db",
        port=5432,
        database="coder",
        login=Login(secret_name="coder-db", username="bob", password=password),
        ssl_mode="require",
        ca_certificate=None,
        zone=None,
    )


def exported(stack: Stack) -> dict[str, object]:
    """The passwords and URLs of the connection that the stack's cloud returns."""

    def program() -> None:
        loaded = settings.load()
        found = loaded.cloud.Postgres("postgres", loaded.postgres, pulumi.ResourceOptions())
        logins = (found.connection.login, *found.connection.idle_logins)
        for login in logins:
            pulumi.export(f"password of {login.username}", login.password)
            pulumi.export(f"url of {login.username}", found.connection.url_of(login))
        pulumi.export("url", found.connection.url)

    return deploy(stack, program=program).exports


@pytest.mark.parametrize("stack", [made(), given()], ids=["made", "given"])
def test_passwords_and_urls_are_secret(stack: Stack) -> None:
    exports = exported(stack)
    assert len(exports) >= 3
    assert set(map(str, unwrapped(list(exports.values()), "[secret]"))) == {"[secret]"}


def test_a_url_is_secret_even_if_the_password_is_not() -> None:
    def program() -> None:
        pulumi.export("url", connection(pulumi.Output.from_input("x")).url)
        pulumi.export("bare", connection(None).url)

    exports = deploy(made(), program=program).exports
    assert unwrapped(exports, "[secret]") == {"url": "[secret]", "bare": "[secret]"}
    assert unwrapped(exports)["bare"] == "postgresql://bob@db:5432/coder?sslmode=require"
