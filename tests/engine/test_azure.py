"""The flexible server on a real engine and the simulated subscription."""

from pathlib import Path
from typing import Any

import pytest

from tests.engine.azure import MANAGED_SUBNET, AzureStack
from tests.engine.cloud import INSTANCE, changes
from tests.engine.stack import is_secret

MANAGED = {"name": "managed", "resourceGroup": "coder"}
MADE: dict[str, Any] = {"subnetRange": "10.60.12.0/28"}


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> AzureStack:
    return AzureStack(tmp_path / "coder", engine)


def test_second_update_and_failover_change_nothing(stack: AzureStack) -> None:
    server = {"highAvailabilityMode": "ZoneRedundant"}
    stack.set(highAvailability=True, server=server).up()
    assert not changes(stack.up())
    assert stack.instance()["availabilityZone"] == "1"
    stack.trigger("failover")
    assert stack.instance()["availabilityZone"] != "1"
    stack.refresh()
    assert not changes(stack.up())
    assert "but server" in stack.refuses(zone="3")


def test_standby_is_in_the_zone_of_the_cluster_by_default(stack: AzureStack) -> None:
    stack.set(highAvailability=True).up()
    assert stack.instance()["highAvailability"]["mode"] == "SameZone"
    assert "the standby would be deleted" in stack.refuses(highAvailability=False)


def test_replacement_and_deletion_are_refused(stack: AzureStack) -> None:
    stack.up()
    said = stack.refuses(words=("destroy", "--yes", "--skip-preview"))
    assert "pulumi config set protect false" in said
    assert "restoreFrom" in stack.refuses(postgresVersion="16")
    assert "never shrinks" in stack.refuses(storageGb=32, maxStorageGb=32)
    assert stack.account()["locks"], "Azure itself does not refuse the deletion"


def test_interrupting_changes_wait_for_apply_immediately(stack: AzureStack) -> None:
    stack.set(postgresVersion="15").up()
    interrupting: list[dict[str, Any]] = [
        {"size": "medium"},
        {"postgresVersion": "17"},
        {"highAvailability": True},
    ]
    for asked in interrupting:
        assert "Azure cannot wait for the maintenance window" in stack.refuses(**asked)
    said = stack.set(storageGb=128).up()
    assert changes(said) == {"updated"}, "more storage needs no interruption"
    said = stack.set(applyImmediately=True, size="medium", postgresVersion="17").up()
    assert "may interrupt Coder" in said
    assert changes(said) == {"updated"}
    now = stack.instance()
    assert (now["version"], now["sku"]["name"]) == ("17", "Standard_D4ds_v5")
    assert not changes(stack.up())


def test_disk_that_has_grown_keeps_its_size(stack: AzureStack) -> None:
    stack.up()
    stack.trigger("grow")
    grown = stack.instance()["storage"]["storageSizeGB"]
    assert grown > 64
    stack.refresh()
    # The refresh makes inputs of the tier and the IOPS, which the program leaves to Azure.
    stack.up()
    assert stack.instance()["storage"]["storageSizeGB"] == grown
    assert not changes(stack.up())


def test_rotation_changes_the_password_in_place_and_keeps_it_secret(stack: AzureStack) -> None:
    stack.up()
    assert is_secret(stack.resource(INSTANCE)["inputs"]["administratorLoginPassword"])
    said = stack.set(passwordGeneration=2).up()
    assert "+-1 replaced" in said, "the password"
    assert changes(said) == {"updated"}, "the server"
    assert is_secret(stack.resource(INSTANCE)["inputs"]["administratorLoginPassword"])


def test_subnet_zone_and_link_are_made_in_a_given_range(stack: AzureStack) -> None:
    stack.settings["coder:network"] = MADE
    stack.set().up()
    account = stack.account()
    made = [
        each for each in account["subnets"].values() if each["addressPrefix"] == "10.60.12.0/28"
    ]
    assert made[0]["delegations"]
    assert len(account["zones"]) == 2
    assert not changes(stack.up())
    stack.set(protect=False).up()
    stack._good("destroy", "--yes", "--skip-preview")
    account = stack.account()
    assert not account["instances"]
    assert len(account["zones"]) == 1, "the zone was left"
    assert len(account["subnets"]) == 3, "the subnet was left"


def test_network_that_aks_manages_needs_a_private_endpoint(stack: AzureStack) -> None:
    del stack.settings["coder:network"]
    said = stack.refuses_before_it_is_made(cluster=MANAGED)
    assert "privateEndpoint" in said
    said = stack.refuses_before_it_is_made(cluster=MANAGED, network={"privateEndpoint": {}})
    assert "az network vnet list --resource-group MC_coder_managed_westeurope" in said
    endpoint = {"privateEndpoint": {"subnetId": MANAGED_SUBNET}}
    stack.set(cluster=MANAGED, network=endpoint).up()
    assert stack.account()["privateEndpoints"]
    assert not changes(stack.up())


def test_unprotected_stack_is_told_what_a_destroy_loses(stack: AzureStack) -> None:
    stack.up()
    said = stack.set(protect=False).up()
    assert "Azure deletes the backups with the server" in said
    assert not stack.account()["locks"]
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]


def test_maintenance_window_takes_effect(stack: AzureStack) -> None:
    said = stack.set(server={"maintenanceWindow": "sun:04:30"}).up()
    assert "server.maintenanceWindow" in said, "Azure ignores it at creation, and nobody says so"
    stack.up()
    window = stack.instance()["maintenanceWindow"]
    assert (window["customWindow"], window["startHour"]) == ("Enabled", 4)
    assert not changes(stack.up())


def test_source_is_restored_once(stack: AzureStack, engine: dict[str, str], tmp_path: Path) -> None:
    stack.up()
    source = stack.instance()["name"]
    (tmp_path / "copy").mkdir()
    copy = AzureStack(tmp_path / "copy" / "coder", engine, "copy")
    copy.environment["SANDBOX_CLOUDS"] = stack.environment["SANDBOX_CLOUDS"]
    asked = {"server": source}
    said = copy.set(restoreFrom=asked, postgresVersion="18").fails("preview")
    assert "postgresVersion: is 18, but" in said
    said = copy.set(postgresVersion="17").fails("up", "--yes", "--skip-preview")
    assert "type `pulumi up` again" in said
    copy.up()
    copy.up()
    assert not changes(copy.set(restoreFrom={}).up()), "it is read once"


def test_killed_update_and_destroy_can_be_repeated(stack: AzureStack) -> None:
    stack.set(applyImmediately=True).up()
    stack.set(size="medium")
    stack.killed("Updating", "up", "--yes", "--skip-preview")
    stack.up()
    assert stack.instance()["sku"]["name"] == "Standard_D4ds_v5"
    stack.set(protect=False).up()
    stack.killed("Dropping", "destroy", "--yes", "--skip-preview")
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]


def test_lost_state_creates_no_second_server(
    stack: AzureStack, engine: dict[str, str], tmp_path: Path
) -> None:
    stack.up()
    (tmp_path / "again").mkdir()
    forgetful = AzureStack(tmp_path / "again" / "coder", engine)
    forgetful.environment["SANDBOX_CLOUDS"] = stack.environment["SANDBOX_CLOUDS"]
    said = forgetful.fails("up", "--yes", "--skip-preview")
    assert f"second, empty server: {stack.instance()['name']} already belongs" in said
    assert len(stack.account()["instances"]) == 1
