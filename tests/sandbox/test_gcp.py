"""Coder on Cloud SQL: updates in place, access from the network only, no loss of data."""

import pytest

from tests.sandbox.cloud import now
from tests.sandbox.conftest import MakeGcp
from tests.sandbox.gcp import GcpStack, on_cloud_sql
from tests.sandbox.stack import wait


@pytest.fixture(scope="module")
def classic(make_gcp: MakeGcp) -> GcpStack:
    stack = make_gcp("sql", postgresVersion="15", protect=True, applyImmediately=True)
    stack.up()
    stack.coder().add_user("ada")
    return stack


def assert_users_kept(stack: GcpStack) -> None:
    wait("Coder on its database", lambda: "ada" in stack.coder().users())


def test_coder_runs_on_cloud_sql_with_an_unprivileged_role(classic: GcpStack) -> None:
    on_cloud_sql(classic)
    assert classic.outputs()["databaseZone"] == "us-east1-b", "where most nodes are"
    assert classic.outputs()["databaseSslMode"] == "verify-ca"
    can = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'coder%'"
    assert classic.server.sql(f"{logins} AND ({can})") == "coder_admin"
    assert classic.server.sql(f"{logins} AND rolsuper") == ""
    classic.up("--refresh", "--expect-no-changes")


def test_all_passwords_are_rotated_in_place(classic: GcpStack) -> None:
    classic.in_place(classic.set(passwordGeneration=2).up())
    assert classic.coder().buildinfo()["database"]["user"] == "coder_green"
    assert_users_kept(classic)


def test_tier_and_storage_change_in_place(classic: GcpStack) -> None:
    connections = int(classic.server.sql("SHOW max_connections"))
    address = classic.instance["address"]
    classic.in_place(classic.set(size="medium", storageGb=100).up())
    assert classic.instance["settings"]["tier"] == "db-custom-4-16384"
    assert int(classic.server.sql("SHOW max_connections")) > connections
    classic.trigger("grow")
    classic.up("--refresh", "--expect-no-changes")
    assert classic.instance["settings"]["diskSize"] > 100
    assert classic.instance["address"] == address
    assert_users_kept(classic)


def test_zone_changed_by_a_failover_is_not_a_change(classic: GcpStack) -> None:
    classic.in_place(classic.set(highAvailability=True).up())
    classic.trigger("failover")
    assert classic.instance["gceZone"] != "us-east1-b"
    classic.up("--refresh", "--expect-no-changes")
    assert classic.outputs()["databaseZone"] == "us-east1-b"
    assert_users_kept(classic)


def test_all_authorities_are_trusted_during_a_rotation(classic: GcpStack) -> None:
    classic.trigger("rotate")
    classic.up()
    on_cloud_sql(classic)
    classic.trigger("rotate")
    classic.up()
    on_cloud_sql(classic)
    classic.unchanged()
    assert_users_kept(classic)


def test_removed_peering_fails_the_preflight_before_the_release(classic: GcpStack) -> None:
    with classic.account.transaction() as data:
        kept = dict(data["connections"])
        data["connections"].pop("dev")
    try:
        printed = classic.fails("preview")
        assert "has no private services access" in printed
    finally:
        with classic.account.transaction() as data:
            data["connections"] = kept
    classic.unchanged()


def test_major_upgrade_over_several_versions_is_in_place(classic: GcpStack) -> None:
    address = classic.instance["address"]
    classic.in_place(classic.set(postgresVersion="17").up())
    assert classic.server.sql("SHOW server_version").startswith("17.")
    assert classic.instance["address"] == address
    assert_users_kept(classic)
    on_cloud_sql(classic)
    classic.unchanged()


def test_passwords_can_be_rotated_after_the_upgrade(classic: GcpStack) -> None:
    """From 16 on, CREATEROLE alone changes no role that was made before."""
    classic.set(passwordGeneration=3).up()
    assert classic.coder().buildinfo()["database"]["user"] == "coder_blue"
    assert_users_kept(classic)


def test_protected_stack_is_not_destroyed(classic: GcpStack) -> None:
    before = classic.account.read()
    printed = classic.fails("destroy", "--yes")
    assert "pulumi config set protect false" in printed
    assert classic.account.read() == before, "not even a user or a database"
    assert_users_kept(classic)


def test_backup_and_clone_keep_the_data(classic: GcpStack, make_gcp: MakeGcp) -> None:
    classic.trigger("snapshot", "1700000000000")
    classic.coder().add_user("grace")
    source = {"coder-coder-prod-1a2b3c4d": classic.instance["name"]}
    backup = make_gcp("sql-backup", storageGb=110, size="medium")
    names = {**source, "1767225600000": "1700000000000"}
    backup.follow("Restore from a snapshot", names, block=1)
    on_cloud_sql(backup)
    assert backup.coder().users() == ["ada"]
    backup.set(restoreFrom={}).unchanged()
    clone = make_gcp("sql-clone", storageGb=110, size="medium")
    names = {**source, "2026-01-31T03:00:00Z": now()}
    clone.follow("Restore to a point in time", names, block=1)
    on_cloud_sql(clone)
    assert clone.coder().users() == ["ada", "grace"]
    clone.unchanged()


def test_unprotected_stack_is_destroyed_and_leaves_the_final_backup(classic: GcpStack) -> None:
    name = classic.instance["name"]
    classic.follow("Destroy for good")
    data = classic.account.read()
    assert name not in data["instances"]
    assert [each for each in data["snapshots"].values() if each["name"] == name and each["final"]]
