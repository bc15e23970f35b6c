"""A database that fails the preflight stops the update before the release; it lists all faults."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.engine import home
from sandbox.machine import paths
from sandbox.postgres.server import Server
from tests.sandbox.conftest import Make
from tests.sandbox.stack import PASSWORDS, SOON_READY, Stack, helm

PASSWORD = "Adm1n-of-the-unfit-server"
SERVERS: list[Server] = []
BLOCK = """\
  kubernetes:batch/v1:Job \\(coder-preflight\\):
    error: 4 errors occurred:
    \t\\* resource .* was created but failed to initialize
    \t\\* \\[Pod \\S+]: containers with unready status: \\[job]
    \t\\* \\[Pod \\S+]: \\[Error] Preflight of old.coder.internal: 2 check\\(s\\) failed
          - version: the server is PostgreSQL 12\\S*, chart 2.38.8 requires 13 or later
          - connections: 3 replica\\(s\\) need up to 48, .*
    \t\\* \\[BackoffLimitExceeded] Job has reached the specified backoff limit

"""
"""What an update prints about a failed Job: our lines, surrounded by the provider's."""


@pytest.fixture(scope="module")
def unfit(make: Make) -> Iterator[Stack]:
    """A stack whose own server passes the preflight; each test switches it to one that fails."""
    stack = make("unfit")
    stack.run("preview")
    yield stack
    for server in SERVERS:
        server.delete()


def fails_on(stack: Stack, server: Server) -> str:
    """Update on that server; must fail before the release. Returns the output."""
    stack.set(existing={"host": server.host, "adminUsername": "coder_admin"})
    printed = stack.fails("up", "--yes", "--skip-preview")
    assert helm("list", "-n", stack.name, "-q", "--all") == "", "Coder was touched"
    return printed


def server(name: str, **more: Any) -> Server:
    host = f"{name}.coder.internal"
    made = Server.create(name, host, username="coder_admin", password=PASSWORD, **more)
    home.write_private(PASSWORDS / name, PASSWORD)
    SERVERS.append(made)
    return made


def test_too_few_connections_are_refused(unfit: Stack) -> None:
    printed = fails_on(unfit, server("few", settings={"max_connections": "40"}))
    assert "connections: 1 replica(s) need up to 60, 10 more are reserved" in printed
    assert "the server allows 37" in printed


def test_old_version_and_too_few_connections_are_reported_together(unfit: Stack) -> None:
    unfit.set(chartVersion="2.38.8", replicas=3, chartValues={})
    try:
        printed = fails_on(unfit, server("old", version="12", settings={"max_connections": "40"}))
    finally:
        unfit.set(chartVersion="1.44.3", replicas=1, chartValues=SOON_READY)
    assert re.search(BLOCK, printed, re.MULTILINE), printed


def test_server_without_tls_is_refused(unfit: Stack) -> None:
    printed = fails_on(unfit, server("plain", tls=False))
    assert "TLS: the server does not support it, and sslMode is verify-full" in printed


def test_wrong_password_is_reported(unfit: Stack) -> None:
    other = server("locked")
    other.sql("ALTER ROLE coder_admin PASSWORD 'another-one'")
    printed = fails_on(unfit, other)
    assert 'the server rejected the password of "coder_admin"' in printed


def test_standby_is_refused(unfit: Stack) -> None:
    primary = server("primary")
    standby = Server.create_standby("standby", "standby.coder.internal", primary)
    home.write_private(PASSWORDS / "standby", PASSWORD)
    SERVERS.insert(0, standby)
    printed = fails_on(unfit, standby)
    assert "standby: standby.coder.internal is a read-only standby" in printed


def test_database_of_another_chart_or_stack_is_refused(unfit: Stack) -> None:
    taken = server("taken")
    taken.sql("CREATE DATABASE coder")
    taken.sql("COMMENT ON DATABASE coder IS 'coder stack=coder/unfit flavour=v2'")
    printed = fails_on(unfit, taken)
    assert 'database "coder" contains the data of Coder v2, and chartVersion is classic' in printed
    taken.sql("COMMENT ON DATABASE coder IS 'coder stack=coder/other flavour=classic'")
    printed = unfit.fails("up", "--yes", "--skip-preview")
    assert 'database "coder" belongs to stack coder/other' in printed


def test_database_with_unowned_tables_needs_confirmation(unfit: Stack) -> None:
    somebodys = server("somebodys")
    somebodys.sql("CREATE DATABASE coder")
    somebodys.sql("CREATE TABLE theirs (id int)", "coder")
    printed = fails_on(unfit, somebodys)
    assert "has 1 table(s) and no comment that names its owner" in printed
    assert "pulumi config set --path existing.flavour classic" in printed


def test_certificate_of_an_unknown_ca_is_refused(unfit: Stack) -> None:
    printed = fails_on(unfit.set(caCertificate=str(paths.PKI / "ca.crt")), server("foreign"))
    assert "the server's certificate fails verify-full" in printed
