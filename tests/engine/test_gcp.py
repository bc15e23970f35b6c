"""Cloud SQL on a real engine and the simulated project: changes, protection, deletion."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.cloud import INSTANCE, changes
from tests.engine.gcp import GcpStack

KEY = "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"
BARE = {"name": "bare", "location": "us-east1-b"}
CREATE = {"privateServices": "create"}


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> GcpStack:
    return GcpStack(tmp_path / "coder", engine)


def test_second_update_and_failover_change_nothing(stack: GcpStack) -> None:
    stack.set(highAvailability=True).up()
    assert not changes(stack.up())
    place = stack.instance()["settings"]["locationPreference"]
    assert (place["zone"], place["secondaryZone"]) == ("us-east1-b", "us-east1-c")
    assert "us-east1-c" in stack.trigger("failover")
    stack.refresh()
    assert not changes(stack.up())
    assert "but instance" in stack.refuses(zone="us-east1-d")


def test_replacement_and_deletion_are_refused(stack: GcpStack) -> None:
    stack.up()
    assert "server.encryptionKeyName" in stack.refuses(server={"encryptionKeyName": KEY})
    assert "server.caMode" in stack.refuses(server={"caMode": "GOOGLE_MANAGED_CAS_CA"})
    said = stack.refuses(words=("destroy", "--yes", "--skip-preview"))
    assert "pulumi config set protect false" in said
    assert "restoreFrom" in stack.refuses(postgresVersion="16")
    assert "never shrinks" in stack.refuses(storageGb=32, maxStorageGb=32)
    assert stack.instance()["users"].keys() >= {"coder_admin"}, "a user was deleted before"


def test_interrupting_changes_wait_for_apply_immediately(stack: GcpStack) -> None:
    stack.set(postgresVersion="15").up()
    flags = {"databaseFlags": {"max_connections": "300"}}
    interrupting: list[dict[str, Any]] = [
        {"size": "medium"},
        {"postgresVersion": "17"},
        {"highAvailability": True},
        {"server": flags},
    ]
    for asked in interrupting:
        assert "Cloud SQL cannot wait for the maintenance window" in stack.refuses(**asked)
    said = stack.set(server={"databaseFlags": {"log_min_duration_statement": "1000"}}).up()
    assert changes(said) == {"updated"}, "this flag needs no restart"
    said = stack.set(
        applyImmediately=True,
        size="medium",
        postgresVersion="17",
        highAvailability=True,
        server=flags,
    ).up()
    assert "may interrupt Coder" in said
    assert changes(said) == {"updated"}
    now = stack.instance()
    assert now["databaseVersion"] == "POSTGRES_17"
    assert now["settings"]["tier"] == "db-custom-4-16384"
    assert now["settings"]["availabilityType"] == "REGIONAL"
    assert not changes(stack.up())
    assert "the standby would be deleted" in stack.refuses(highAvailability=False)


def test_disk_that_has_grown_is_not_a_change(stack: GcpStack) -> None:
    stack.up()
    stack.trigger("grow")
    grown = stack.instance()["settings"]["diskSize"]
    assert grown > 64
    stack.refresh()
    assert not changes(stack.up())
    assert changes(stack.set(labels={"team": "x"}).up()) == {"updated"}
    assert stack.instance()["settings"]["diskSize"] == grown


def test_private_services_access_is_made_only_when_asked_for(stack: GcpStack) -> None:
    said = stack.refuses_before_it_is_made(cluster=BARE)
    assert "gcloud services vpc-peerings connect" in said
    stack.set(cluster=BARE, network=CREATE).up()
    assert not changes(stack.up())
    assert set(stack.account()["connections"]) == {"bare", "dev"}
    assert "privateServices: is existing" in stack.refuses(network={})
    stack.set(protect=False).up()
    stack._good("destroy", "--yes", "--skip-preview")
    account = stack.account()
    assert set(account["connections"]) == {"dev"}, "the connection was left"
    assert len(account["addresses"]) == 1, "its range was left"
    assert not account["instances"]


def test_connection_of_others_is_neither_taken_nor_deleted(stack: GcpStack) -> None:
    assert "takes only one" in stack.refuses_before_it_is_made(network=CREATE)
    stack.set(cluster=BARE, network=CREATE).up()
    stack.add_neighbour("theirs")
    said = stack.set(protect=False).up()
    assert "`pulumi destroy` leaves the private services access" in said
    stack._good("destroy", "--yes", "--skip-preview")
    account = stack.account()
    assert set(account["instances"]) == {"theirs"}
    assert set(account["connections"]) == {"bare", "dev"}
    assert len(account["addresses"]) == 2


def test_destroy_leaves_the_final_backup(stack: GcpStack) -> None:
    stack.up()
    said = stack.set(protect=False).up()
    assert "leaves a final backup" in said
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]
    (backup,) = stack.backups().values()
    assert backup["final"] is True
    assert changes(stack.up()) == {"created"}, "the new instance has another name"


@pytest.mark.parametrize("asked", [{"backupRunId": 1700000000000}, {}], ids=["backup", "clone"])
def test_source_is_restored_once(
    asked: dict[str, int], stack: GcpStack, engine: dict[str, str], tmp_path: Path
) -> None:
    stack.up()
    name = stack.instance()["name"]
    stack.trigger("snapshot", "1700000000000")
    (tmp_path / "copy").mkdir()
    copy = GcpStack(tmp_path / "copy" / "coder", engine, "copy")
    copy.environment["SANDBOX_CLOUDS"] = stack.environment["SANDBOX_CLOUDS"]
    asked = {"instance": name} | asked
    said = copy.set(restoreFrom=asked, postgresVersion="18").fails("preview")
    assert "postgresVersion: is 18, but" in said
    copy.set(postgresVersion="17").up()
    assert not changes(copy.set(restoreFrom={}).up()), "it is read once"
    again = {"instance": name, "backupRunId": 42}
    assert not changes(copy.set(restoreFrom=again).up()), "it would overwrite the live data"


def test_killed_update_and_destroy_can_be_repeated(stack: GcpStack) -> None:
    stack.set(applyImmediately=True).up()
    stack.set(size="medium")
    stack.killed("MAINTENANCE", "up", "--yes", "--skip-preview")
    stack.trigger("maintenance")
    assert "type `pulumi refresh`" in stack.fails("preview")
    stack.refresh()
    stack.up()
    assert stack.instance()["settings"]["tier"] == "db-custom-4-16384"
    stack.set(protect=False).up()
    stack.killed("PENDING_DELETE", "destroy", "--yes", "--skip-preview")
    stack.refresh()  # the provider fails to delete what is gone
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]


def test_lost_state_creates_no_second_instance(
    stack: GcpStack, engine: dict[str, str], tmp_path: Path
) -> None:
    stack.up()
    (tmp_path / "again").mkdir()
    forgetful = GcpStack(tmp_path / "again" / "coder", engine)
    forgetful.environment["SANDBOX_CLOUDS"] = stack.environment["SANDBOX_CLOUDS"]
    said = forgetful.fails("up", "--yes", "--skip-preview")
    assert f"second, empty instance: {stack.instance()['name']} already belongs" in said
    assert len(stack.account()["instances"]) == 1


def test_rotation_sets_a_new_admin_password_in_place(stack: GcpStack) -> None:
    stack.up()
    said = stack.set(passwordGeneration=2).up()
    assert "+-1 replaced" in said, "the password"
    assert changes(said) == {"updated"}, "the user"


def test_refused_update_of_the_cloud_is_not_taken_for_done(stack: GcpStack) -> None:
    """The provider leaves the planned values in the state: a refresh must tell the truth."""
    stack.set(applyImmediately=True).up()
    account = stack.account()
    (instance,) = account["instances"].values()
    instance["settings"]["tier"] = "db-custom-8-32768"
    stack._account.write_text(json.dumps(account))
    stack.refresh()
    assert changes(stack.up()) == {"updated"}
    assert stack.resource(INSTANCE)["outputs"]["settings"]["tier"] == "db-custom-2-8192"
