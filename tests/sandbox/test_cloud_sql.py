"""The real servers behind the simulated Cloud SQL: rights, TLS, restores and the firewall."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.machine import namespaces, paths
from sandbox.postgres import programs
from sandbox.postgres.server import Server
from sandbox.providers.cloud import events
from sandbox.providers.firewall import blocked
from sandbox.providers.framework import validation
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.gcp.account import PROJECT as PROJECT_ID
from sandbox.providers.gcp.account import REGION
from sandbox.providers.gcp.project import Project
from sandbox.providers.gcp.provider import Gcp

INSTANCE = Gcp.resources["gcp:sql/databaseInstance:DatabaseInstance"]
USER = Gcp.resources["gcp:sql/user:User"]
DATABASE = Gcp.resources["gcp:sql/database:Database"]
PROJECT = Project(PROJECT_ID)
PASSWORD = "correct-Horse-7"
FORBIDDEN = {
    "a superuser": "CREATE ROLE more SUPERUSER",
    "itself": "ALTER ROLE CURRENT_USER SUPERUSER",
    "files": "COPY (SELECT 1) TO '/tmp/more'",
    "reading": "SELECT pg_read_file('/etc/passwd')",
    "programs": "COPY (SELECT 1) TO PROGRAM 'true'",
    "settings": "ALTER SYSTEM SET work_mem = '8MB'",
    "a role of files": "GRANT pg_read_server_files TO CURRENT_USER",
    "another's verifier": "SELECT rolpassword FROM pg_authid",
}
"""Statements that Cloud SQL refuses even for cloudsqlsuperuser."""
ATTRIBUTES = """
SELECT rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication
  FROM pg_roles WHERE rolname = CURRENT_USER
"""


def operation() -> Operation:
    config = {"project": PROJECT_ID, "region": REGION}
    return Operation(engine=Engine(""), config=config, urn="u::one", timeout=300)


class CloudSql:
    """An instance with the user coder_admin, and the server behind it."""

    def __init__(self, name: str, admin: bool = True, **changes: Any) -> None:
        self.name = name
        settings = {
            "tier": "db-custom-2-8192",
            "edition": "ENTERPRISE",
            "backupConfiguration": {"enabled": True, "pointInTimeRecoveryEnabled": True},
            "ipConfiguration": {
                "ipv4Enabled": False,
                "privateNetwork": f"projects/{PROJECT_ID}/global/networks/dev",
                "sslMode": "ENCRYPTED_ONLY",
            },
        }
        self.inputs: dict[str, Any] = {
            "name": name,
            "project": PROJECT_ID,
            "region": REGION,
            "databaseVersion": "POSTGRES_17",
            "deletionProtection": False,
            "settings": settings,
        }
        self._apply(changes)
        _, state = INSTANCE.create(operation(), self.inputs)
        self.state = self.inputs | state
        if admin:
            self.put_user("coder_admin")

    def _apply(self, changes: dict[str, Any]) -> None:
        self.inputs["settings"] = {**self.inputs["settings"], **changes.pop("settings", {})}
        self.inputs |= changes
        validation.fill_defaults(self.inputs, INSTANCE.inputs)

    def put_user(self, name: str) -> None:
        USER.create(operation(), {"name": name, "instance": self.name, "password": PASSWORD})

    def update(self, **changes: Any) -> None:
        self._apply(changes)
        state = INSTANCE.update(operation(), self.name, self.state, self.inputs)
        self.state = self.inputs | state

    def refresh(self) -> None:
        found = INSTANCE.read(operation(), self.name, self.state)
        assert found
        self.state = found

    def delete(self) -> None:
        self.refresh()
        INSTANCE.delete(operation(), self.name, self.state)

    @property
    def record(self) -> dict[str, Any]:
        return PROJECT.read()["instances"][self.name]

    @property
    def host(self) -> str:
        return self.state["privateIpAddress"]

    @property
    def server(self) -> Server:
        return Server(f"sql-{self.record['uid']}")

    def run_sql(
        self, statement: str, database: str = "postgres", user: str = "coder_admin", tls: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a statement; returns the finished process."""
        psql = str(programs.path("17", "psql"))
        tls = tls or f"host={self.host} sslmode=require"
        where = f"user={user} dbname={database} connect_timeout=10 {tls}"
        return namespaces.run_inside(
            [psql, "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, where],
            env=namespaces.environment() | {"PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
        )

    def query(self, statement: str, database: str = "postgres", **more: str) -> str:
        done = self.run_sql(statement, database, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add_data(self) -> None:
        """Create a database with data that must survive."""
        self.query("CREATE DATABASE kept")
        self.query("CREATE TABLE kept AS SELECT 42 AS answer", "kept")

    @property
    def has_data(self) -> bool:
        return self.query("SELECT answer FROM kept", "kept") == "42"

    def authority(self, folder: Path) -> Path:
        """A file with all CAs of the instance."""
        token = "gcp:sql/getCaCerts:getCaCerts"
        found = Gcp.functions[token](operation(), {"instance": self.name})
        file = folder / f"{self.name}.pem"
        file.write_text("".join(each["cert"] for each in found["certs"]))
        # psql runs as another user.
        file.chmod(0o644)
        return file


@pytest.fixture(scope="module", autouse=True)
def _instances(sandbox_up: None) -> Iterator[None]:
    yield
    for name in list(PROJECT.read()["instances"]):
        events.delete(PROJECT, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(0o755)
    return tmp_path


def assert_restricted(made: CloudSql) -> None:
    """The admin has the rights that it has on Cloud SQL, and no others."""
    assert made.query("SELECT current_user") == "coder_admin"
    assert made.query(ATTRIBUTES) == "f|t|t|t|f"
    assert made.query("SELECT pg_has_role('cloudsqlsuperuser', 'USAGE')") == "t"
    for what, statement in FORBIDDEN.items():
        done = made.run_sql(statement)
        refusal = r"permission denied|must be superuser|must have admin option"
        assert re.search(refusal, done.stderr), f"{what}: {done.stdout}{done.stderr}"


def test_admin_has_no_more_rights_after_upgrade_restore_and_clone() -> None:
    one = CloudSql("one", databaseVersion="POSTGRES_16")
    assert_restricted(one)
    one.add_data()
    one.update(databaseVersion="POSTGRES_17")
    assert one.query("SHOW server_version").startswith("17.")
    assert_restricted(one)
    events.snapshot(PROJECT, "one")
    (backup,) = PROJECT.read()["snapshots"]
    assert one.has_data, "a backup leaves the server running"
    context = {"backupRunId": int(backup), "instanceId": "one"}
    two = CloudSql("two", admin=False, restoreBackupContext=context)
    assert two.has_data
    assert_restricted(two)
    assert two.host != one.host
    one.query("UPDATE kept SET answer = 43", "kept")
    three = CloudSql("three", admin=False, clone={"sourceInstanceName": "one"})
    assert three.query("SELECT answer FROM kept", "kept") == "43"
    assert_restricted(three)
    one.update(restoreBackupContext=context)
    assert one.has_data, "a changed backup is restored over the data"
    for each in (one, two, three):
        each.delete()


def test_admin_is_restricted_on_15() -> None:
    old = CloudSql("old", databaseVersion="POSTGRES_15")
    assert_restricted(old)
    old.delete()


def test_users_and_databases_are_real() -> None:
    made = CloudSql("real")
    assert "password authentication failed" in made.run_sql("SELECT 1", user="postgres").stderr
    made.put_user("postgres")
    assert made.query("SELECT 1", user="postgres") == "1"
    inputs = {"name": "app", "instance": "real"}
    id, state = DATABASE.create(operation(), inputs)
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'"
    assert made.query(owner) == "cloudsqlsuperuser"
    made.query("CREATE TABLE things (id int)", "app")
    user = {"name": "coder_admin", "instance": "real", "deletionPolicy": "DELETE"}
    said = r"deleteuser coder_admin in instance real: .*role \"coder_admin\" cannot be dropped"
    with pytest.raises(Failure, match=said):
        USER.delete(operation(), "coder_admin//real", user)
    DATABASE.delete(operation(), id, inputs | state)
    USER.delete(operation(), "coder_admin//real", user)
    assert "password authentication failed" in made.run_sql("SELECT 1").stderr
    made.delete()


def test_certificate_is_verified_by_its_own_authority_only(folder: Path) -> None:
    one, two = CloudSql("first"), CloudSql("second")
    trusted, foreign = one.authority(folder), two.authority(folder)
    by_ip = f"host={one.host} sslmode={{}} sslrootcert={{}}"
    assert one.query("SELECT 1", tls=by_ip.format("verify-ca", trusted)) == "1"
    full = one.run_sql("SELECT 1", tls=by_ip.format("verify-full", trusted))
    assert "does not match host name" in full.stderr
    wrong = one.run_sql("SELECT 1", tls=by_ip.format("verify-ca", foreign))
    assert "certificate verify failed" in wrong.stderr
    plain = one.run_sql("SELECT 1", tls=f"host={one.host} sslmode=disable")
    assert "no encryption" in plain.stderr
    two.delete()
    network = one.inputs["settings"]["ipConfiguration"]
    relaxed = {**network, "sslMode": "ALLOW_UNENCRYPTED_AND_ENCRYPTED"}
    one.update(settings={"ipConfiguration": relaxed})
    assert one.query("SELECT 1", tls=f"host={one.host} sslmode=disable") == "1"
    one.delete()


def test_rotation_switches_the_certificate(folder: Path) -> None:
    made = CloudSql("rotates")
    old = made.authority(folder).rename(folder / "old.pem")

    def accepts(file: Path) -> bool:
        tls = f"host={made.host} sslmode=verify-ca sslrootcert={file}"
        return made.run_sql("SELECT 1", tls=tls).returncode == 0

    events.rotate(PROJECT, "rotates")
    both = made.authority(folder).rename(folder / "both.pem")
    assert accepts(old)
    assert accepts(both)
    events.rotate(PROJECT, "rotates")
    assert not accepts(old)
    assert accepts(both)
    events.rotate(PROJECT, "rotates")
    assert accepts(made.authority(folder))
    made.delete()


def test_name_of_a_shared_authority_resolves_and_is_verified(folder: Path) -> None:
    network = {
        "ipv4Enabled": False,
        "privateNetwork": f"projects/{PROJECT_ID}/global/networks/dev",
        "sslMode": "ENCRYPTED_ONLY",
        "serverCaMode": "GOOGLE_MANAGED_CAS_CA",
    }
    made = CloudSql("named", settings={"ipConfiguration": network})
    name = made.state["dnsNames"][0]["name"].rstrip(".")
    tls = f"host={name} sslmode=verify-full sslrootcert={made.authority(folder)}"
    resolved = namespaces.run_inside(
        ["getent", "hosts", name], capture_output=True, text=True, check=False
    )
    if made.host not in resolved.stdout:  # the host's own resolver does not know the sandbox's
        tls = f"{tls} hostaddr={made.host}"
        records = "".join(each.read_text() for each in paths.DNS.glob("postgres-sql-*.hosts"))
        assert f"{made.host} {name}" in records
    assert made.query("SELECT 1", tls=tls) == "1"
    made.delete()


def test_flags_and_tier_restart_the_server() -> None:
    made = CloudSql("flags")
    assert made.query("SHOW max_connections") == "400"
    started = made.query("SELECT pg_postmaster_start_time()")
    made.update(settings={"databaseFlags": [{"name": "log_lock_waits", "value": "on"}]})
    assert made.query("SHOW log_lock_waits") == "on"
    assert made.query("SELECT pg_postmaster_start_time()") == started
    made.update(settings={"databaseFlags": [{"name": "max_connections", "value": "150"}]})
    assert made.query("SHOW max_connections") == "150"
    assert made.query("SHOW log_lock_waits") == "off"
    assert made.query("SELECT pg_postmaster_start_time()") != started
    made.delete()


def test_packets_are_dropped_until_the_network_is_peered() -> None:
    made = CloudSql("shut")
    assert made.host == made.server.address
    assert made.host not in blocked()
    with PROJECT.transaction() as data:
        peering = data["connections"].pop("dev")
    assert made.host in blocked()
    with PROJECT.transaction() as data:
        data["connections"]["dev"] = peering
        record = data["instances"].pop("shut")
    assert made.host in blocked(), "an orphan is open"
    server = Server(f"sql-{record['uid']}")
    other = CloudSql("other")
    assert not server.exists, "an orphan stays"
    other.delete()


def test_killed_restore_is_completed_by_the_next_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    made = CloudSql("killed")
    made.add_data()
    events.snapshot(PROJECT, "killed")
    backup = max(PROJECT.read()["snapshots"])
    made.query("DROP DATABASE kept")

    class Killed(BaseException):
        pass

    def dies(self: Project, name: str) -> None:
        raise Killed

    monkeypatch.setattr(Project, "complete", dies)
    with pytest.raises(Killed):
        made.update(restoreBackupContext={"backupRunId": int(backup)})
    monkeypatch.undo()
    with PROJECT.transaction() as data:
        data["instances"]["killed"]["work"] = {
            "kind": "restore",
            "snapshot": backup,
            "process": "1:0",
        }
    PROJECT.recover()
    assert made.record["status"] == "RUNNABLE"
    assert made.has_data
    made.delete()
