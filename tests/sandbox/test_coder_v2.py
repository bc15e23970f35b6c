"""Coder v2 on the external database, and Coder with a login that the settings give."""

from tests.sandbox.conftest import Make
from tests.sandbox.stack import kubectl


def test_v2_runs_on_the_external_database_with_verified_tls(make: Make) -> None:
    stack = make("v2", chartVersion="2.38.8", replicas=2)
    stack.up_with_policies()
    info = stack.coder().buildinfo()
    assert info["database"]["host"] == stack.host
    assert info["database"]["certificate_verified"]
    assert info["database"]["kind"] == "external"
    stack.unchanged()
    stack.set(passwordGeneration=2).up()
    assert stack.coder().buildinfo()["database"]["user"] == "coder_green"


def test_given_login_is_used_unchanged(make: Make) -> None:
    stack = make("given")
    stack.run("preview")  # the preview makes the sandbox create the server
    stack.server.sql("CREATE ROLE bob LOGIN PASSWORD 'B0bs-own-password'")
    stack.server.sql("CREATE DATABASE bobs OWNER bob")
    stack.set(existing={"host": stack.host, "database": "bobs", "username": "bob"})
    stack.secret("password", "B0bs-own-password").up()
    info = stack.coder().buildinfo()
    assert (info["database"]["user"], info["database"]["name"]) == ("bob", "bobs")
    assert not kubectl("get", "namespace", "given-database", "--ignore-not-found", "-o", "name")
