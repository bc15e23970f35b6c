"""Limits of the simulated Azure: locks on other resources, restores, keys and connections."""

import datetime

import pytest

from sandbox.providers.azure_native import encryption, skus
from tests.unit.providers.azure import CLOUD, GROUP, SERVER_ID, Made, create, made, past, refused

RESTORE = {
    "serverName": "two",
    "createMode": "PointInTimeRestore",
    "sourceServerResourceId": SERVER_ID,
}


@pytest.mark.parametrize("kind", ["PrivateZone", "Subnet", "PrivateEndpoint"])
def test_lock_of_a_group_refuses_the_deletion_of_all_that_is_in_it(kind: str) -> None:
    other = made(kind)
    lock = Made("ManagementLockByScope", scope=GROUP)
    assert f"locked: '{GROUP}'" in refused(other.delete)
    lock.delete()
    other.delete()


def test_restored_server_has_the_administrator_of_its_source() -> None:
    made("Server", administratorLogin="somebody")
    two = Made("Server", **RESTORE, pointInTimeUTC=past())
    assert two.state["administratorLogin"] == "somebody"


def ago(**age: float) -> str:
    time = datetime.datetime.now(datetime.UTC) - datetime.timedelta(**age)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def test_restore_to_an_earlier_time_is_not_simulated() -> None:
    """The copy would silently have the source's current data."""
    made("Server")
    with CLOUD.transaction() as data:
        data["instances"]["one"]["backup"]["earliestRestoreDate"] = ago(days=2)
    said = refused(create("Server", **RESTORE, pointInTimeUTC=ago(days=1)))
    assert "not simulated: a point in time more than 15 minutes ago" in said
    # A preview and its confirmation take minutes.
    Made("Server", **RESTORE, pointInTimeUTC=ago(minutes=10))


@pytest.mark.parametrize("host", ["coder.vault.azure.net", "coder.managedhsm.azure.net"])
def test_key_is_in_a_vault_or_in_a_managed_hsm(host: str) -> None:
    identity = "/subscriptions/x/identity"
    given = {"type": "UserAssigned", "userAssignedIdentities": {identity: {}}}
    wanted = {
        "type": "AzureKeyVault",
        "primaryKeyURI": f"https://{host}/keys/postgres",
        "primaryUserAssignedIdentityId": identity,
    }
    encryption.refuse(wanted, given, {"geoRedundantBackup": "Disabled"}, None)


@pytest.mark.parametrize(
    ("sku", "connections"),
    [
        ("Standard_B1ms", 50),
        ("Standard_B2s", 429),
        ("Standard_D2ds_v5", 859),
        ("Standard_D4ds_v5", 1718),
        ("Standard_D8ds_v5", 3437),
        ("Standard_E8ds_v5", 5000),
    ],
)
def test_default_of_connections_is_that_of_azures_table(sku: str, connections: int) -> None:
    """https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits"""
    assert skus.max_connections({"name": sku}) == connections
