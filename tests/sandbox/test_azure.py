"""Coder on Azure Database for PostgreSQL: updates in place, no loss of data."""

import pytest

from tests.sandbox.azure import AzureStack, on_azure
from tests.sandbox.cloud import now
from tests.sandbox.conftest import MakeAzure
from tests.sandbox.stack import wait

ADMIN_PASSWORD = (
    "urn:pulumi:az::coder::coder:azure:Postgres$random:index/randomPassword:RandomPassword::"
    "postgres-admin-password"
)


@pytest.fixture(scope="module")
def classic(make_azure: MakeAzure) -> AzureStack:
    stack = make_azure("az", postgresVersion="15", protect=True, applyImmediately=True)
    stack.up()
    stack.coder().add_user("ada")
    return stack


def assert_users_kept(stack: AzureStack) -> None:
    wait("Coder on its database", lambda: "ada" in stack.coder().users())


def test_coder_runs_on_azure_with_an_unprivileged_role(classic: AzureStack) -> None:
    on_azure(classic)
    assert classic.outputs()["databaseZone"] == "1", "where most nodes are"
    assert classic.outputs()["databaseSslMode"] == "verify-full"
    can = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    logins = "SELECT rolname FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'coder%'"
    assert classic.server.sql(f"{logins} AND ({can})") == "coder_admin"
    assert classic.server.sql(f"{logins} AND rolsuper") == ""
    classic.up("--refresh", "--expect-no-changes")


def test_all_passwords_are_rotated_in_place(classic: AzureStack) -> None:
    classic.in_place(classic.set(passwordGeneration=2).up("--replace", ADMIN_PASSWORD))
    assert classic.coder().buildinfo()["database"]["user"] == "coder_green"
    assert_users_kept(classic)


def test_size_and_storage_change_in_place(classic: AzureStack) -> None:
    connections = int(classic.server.sql("SHOW max_connections"))
    classic.in_place(classic.set(size="medium", storageGb=128).up())
    assert classic.instance["sku"]["name"] == "Standard_D4ds_v5"
    assert int(classic.server.sql("SHOW max_connections")) > connections
    classic.trigger("grow")
    classic.up("--refresh")
    classic.up("--refresh", "--expect-no-changes")
    assert classic.instance["storage"]["storageSizeGB"] > 128
    assert_users_kept(classic)


def test_zone_changed_by_a_failover_is_not_a_change(classic: AzureStack) -> None:
    server = {"highAvailabilityMode": "ZoneRedundant"}
    classic.in_place(classic.set(highAvailability=True, server=server).up())
    classic.trigger("failover")
    assert classic.instance["availabilityZone"] != "1"
    classic.up("--refresh", "--expect-no-changes")
    assert_users_kept(classic)


def test_major_upgrade_over_several_versions_is_in_place(classic: AzureStack) -> None:
    host = classic.instance["fullyQualifiedDomainName"]
    classic.in_place(classic.set(postgresVersion="17").up())
    assert classic.server.sql("SHOW server_version").startswith("17.")
    assert classic.instance["fullyQualifiedDomainName"] == host
    assert_users_kept(classic)
    on_azure(classic)
    classic.unchanged()


def test_protected_stack_is_not_destroyed(classic: AzureStack) -> None:
    before = classic.account.read()
    printed = classic.fails("destroy", "--yes")
    assert "pulumi config set protect false" in printed
    assert classic.account.read() == before
    assert_users_kept(classic)


def test_point_in_time_restore_keeps_the_data(classic: AzureStack, make_azure: MakeAzure) -> None:
    copy = make_azure("az-copy", size="medium", maxStorageGb=1024)
    copy.set(storageGb=classic.instance["storage"]["storageSizeGB"])
    names = {"coder-coder-prod-1a2b3c4d": classic.instance["name"], "2026-01-31T03:00:00Z": now()}
    ends = "ends with an error"
    printed = copy.follow("Restore to a point in time", names, block=2, fails=ends)
    assert "has the admin password of its source; type `pulumi up` again" in printed
    on_azure(copy)
    assert copy.coder().users() == ["ada"]
    copy.set(restoreFrom={}).unchanged()


def test_unprotected_stack_is_destroyed(classic: AzureStack) -> None:
    name = classic.instance["name"]
    assert "deletes the backups with the server" in classic.follow("Destroy for good")
    assert name not in classic.account.read()["instances"]
