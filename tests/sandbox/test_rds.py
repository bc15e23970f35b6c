"""The real servers behind the simulated RDS: rights, upgrades, snapshots and the firewall."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.machine import namespaces, services
from sandbox.postgres import programs
from sandbox.postgres.firewall import TABLE
from sandbox.postgres.server import Server
from sandbox.postgres.tls import authority
from sandbox.postgres.upgrade import UpgradableServer
from sandbox.providers.aws.provider import Aws
from sandbox.providers.cloud import events
from sandbox.providers.cloud.real_servers import FIREWALL
from sandbox.providers.firewall import blocked
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from tests.sandbox.aws import REGION

INSTANCE = Aws.resources["aws:rds/instance:Instance"]
SUBNETS = Aws.resources["aws:rds/subnetGroup:SubnetGroup"]
PASSWORD = "correct-horse"
FORBIDDEN = {
    "a superuser": "CREATE ROLE more SUPERUSER",
    "itself": "ALTER ROLE CURRENT_USER SUPERUSER",
    "files": "COPY (SELECT 1) TO '/tmp/more'",
    "reading": "SELECT pg_read_file('/etc/passwd')",
    "programs": "COPY (SELECT 1) TO PROGRAM 'true'",
    "settings": "ALTER SYSTEM SET work_mem = '8MB'",
    "a role of files": "GRANT pg_read_server_files TO CURRENT_USER",
    "a role of programs": "GRANT pg_execute_server_program TO CURRENT_USER",
    "another's verifier": "SELECT rolpassword FROM pg_authid",
}
"""Statements that RDS refuses even for rds_superuser."""


def operation() -> Operation:
    return Operation(engine=Engine(""), config={"region": REGION.scope}, urn="u::one", timeout=300)


def inputs(name: str, **changes: Any) -> dict[str, Any]:
    good = {
        "identifier": name,
        "engine": "postgres",
        "engineVersion": "17",
        "instanceClass": "db.m6i.large",
        "allocatedStorage": 20,
        "storageType": "gp3",
        "username": "coder_admin",
        "password": PASSWORD,
        "dbSubnetGroupName": "rds",
        "backupRetentionPeriod": 7,
        "applyImmediately": True,
        "skipFinalSnapshot": True,
        "finalSnapshotIdentifier": f"{name}-last",
    }
    return good | changes


class RdsInstance:
    """An instance and the server behind it."""

    def __init__(self, name: str, **changes: Any) -> None:
        self.inputs = inputs(name, **changes)
        self.name = name
        self.id, state = INSTANCE.create(operation(), self.inputs)
        self.state = self.inputs | state

    def update(self, **changes: Any) -> None:
        self.inputs |= changes
        state = INSTANCE.update(operation(), self.id, self.state, self.inputs)
        self.state = self.inputs | state

    def delete(self) -> None:
        INSTANCE.delete(operation(), self.id, self.state)

    @property
    def record(self) -> dict[str, Any]:
        return REGION.read()["instances"][self.name]

    @property
    def server(self) -> Server:
        return Server(self.id.lower())

    def run_sql(
        self, statement: str, database: str = "postgres"
    ) -> subprocess.CompletedProcess[str]:
        """Run a statement as the master user, over TLS; returns the finished process."""
        psql = str(programs.path("17", "psql"))
        where = f"host={self.server.address} user=coder_admin dbname={database} sslmode=require"
        return namespaces.run_inside(
            [psql, "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, where],
            env=namespaces.environment() | {"PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
        )

    def query(self, statement: str, database: str = "postgres") -> str:
        done = self.run_sql(statement, database)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add_data(self) -> None:
        """Create a database with data that must survive."""
        self.query("CREATE DATABASE kept")
        self.query("CREATE TABLE kept AS SELECT 42 AS answer", "kept")

    @property
    def has_data(self) -> bool:
        return self.query("SELECT answer FROM kept", "kept") == "42"


@pytest.fixture(scope="module", autouse=True)
def _network(sandbox_up: None) -> Iterator[None]:
    authority()
    subnets = {"name": "rds", "subnetIds": ["subnet-0privatea", "subnet-0privateb"]}
    SUBNETS.create(operation(), subnets)
    yield
    for name in list(REGION.read()["instances"]):
        events.delete(REGION, name)
    SUBNETS.delete(operation(), "rds", subnets)


def assert_restricted(made: RdsInstance) -> None:
    """The master user has the rights that it has on RDS, and no others."""
    assert made.query("SELECT current_user") == "coder_admin"
    for what, statement in FORBIDDEN.items():
        done = made.run_sql(statement)
        refusal = r"permission denied|must be superuser|must have admin option"
        assert re.search(refusal, done.stderr), f"{what}: {done.stdout}{done.stderr}"


def test_master_login_has_no_more_rights_after_upgrade_and_restore() -> None:
    one = RdsInstance("one", engineVersion="16")
    assert_restricted(one)
    one.add_data()
    one.update(engineVersion="17", allowMajorVersionUpgrade=True)
    assert one.query("SHOW server_version").startswith("17.")
    assert_restricted(one)
    events.snapshot(REGION, "one", "by-hand")
    assert one.has_data, "a snapshot leaves the server running"
    two = RdsInstance("two", snapshotIdentifier="by-hand")
    assert two.has_data
    assert_restricted(two)
    two.delete()


def test_master_login_is_restricted_on_15() -> None:
    old = RdsInstance("old", engineVersion="15")
    try:
        assert_restricted(old)
    finally:
        old.delete()


def test_failed_upgrade_leaves_the_server_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    made = RdsInstance("stays", engineVersion="16")
    made.add_data()
    run = UpgradableServer._run

    def broken(self: UpgradableServer, program: str, *arguments: str, input: str = "") -> str:
        text = f"{input}\nSELECT 1/0;" if program == "psql" and input.startswith("--") else input
        return run(self, program, *arguments, input=text)

    monkeypatch.setattr(UpgradableServer, "_run", broken)
    with pytest.raises(Failure, match="division by zero"):
        made.update(engineVersion="17", allowMajorVersionUpgrade=True)
    monkeypatch.undo()
    assert (made.record["status"], made.record["engineVersionActual"][:2]) == ("available", "16")
    assert made.has_data
    assert made.query("SHOW server_version").startswith("16.")
    made.inputs["engineVersion"] = "16"
    made.delete()


def test_killed_upgrade_is_completed_by_the_next_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = RdsInstance("killed", engineVersion="16")
    made.add_data()

    class Killed(BaseException):
        pass

    run = UpgradableServer._run

    def dies(self: UpgradableServer, program: str, *arguments: str, input: str = "") -> str:
        if program == "psql":
            raise Killed
        return run(self, program, *arguments, input=input)

    monkeypatch.setattr(UpgradableServer, "_run", dies)
    with pytest.raises(Killed):
        made.update(engineVersion="17", allowMajorVersionUpgrade=True)
    monkeypatch.undo()
    with REGION.transaction() as data:
        data["instances"]["killed"]["work"]["process"] = "1:0"
    REGION.recover()
    assert made.record["status"] == "available"
    assert made.query("SHOW server_version").startswith("17.")
    assert made.has_data
    made.delete()


def test_firewall_blocks_unlisted_instances_and_orphans_are_deleted() -> None:
    made = RdsInstance("shut")
    address, server = made.server.address, made.server
    assert address in blocked()
    with REGION.transaction() as data:
        record = data["instances"].pop("shut")
    assert address in blocked(), "an orphan is open"
    other = RdsInstance("other")
    assert not server.exists, "an orphan stays"
    assert record["resourceId"] != other.id
    other.delete()


def test_stopped_firewall_keeps_blocking() -> None:
    made = RdsInstance("watched")
    services.remove(FIREWALL)
    services.wait_stopped(FIREWALL)
    listed = namespaces.run_inside(
        ["nft", "list", "table", *TABLE.split()], capture_output=True, text=True, check=True
    )
    assert made.server.address in listed.stdout
    REGION.servers.start_firewall()
    assert services.current_status(FIREWALL)
    made.delete()
