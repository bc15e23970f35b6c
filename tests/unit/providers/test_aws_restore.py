"""Restores, imports and storage of RDS instances."""

import datetime
from typing import Any

import pytest

from sandbox.providers.cloud import events
from sandbox.providers.framework.errors import Failure, InitFailed
from tests.unit.providers.aws import (
    INSTANCE,
    REGION,
    changed,
    checked,
    make,
    operation,
    record,
    refused,
    update,
)

LATEST = {"sourceDbInstanceIdentifier": "one", "useLatestRestorableTime": True}


@pytest.fixture
def snapshot() -> None:
    make(engineVersion="16")
    events.snapshot(REGION, "one", "kept")
    events.delete(REGION, "one")


def restored(**changes: Any) -> dict[str, Any]:
    return make(snapshotIdentifier="kept", **changes)[1]


@pytest.mark.usefixtures("snapshot")
def test_snapshot_of_an_older_version_is_upgraded_only_if_allowed() -> None:
    with pytest.raises(InitFailed, match="AllowMajorVersionUpgrade flag must be present") as error:
        restored()
    assert error.value.id == record()["resourceId"]
    assert error.value.reasons[0].startswith("creating u::one: 1 error occurred:\n\t* updating RDS")
    assert error.value.state == {}, "the provider has read nothing"
    events.delete(REGION, "one")
    assert restored(allowMajorVersionUpgrade=True)["engineVersionActual"] == "17.6"


@pytest.mark.usefixtures("snapshot")
@pytest.mark.parametrize(("size", "has"), [(64, 64), (100, 100), (65, 71)])
def test_restored_storage_grows(size: int, has: int) -> None:
    assert restored(engineVersion="16", allocatedStorage=size)["allocatedStorage"] == has


@pytest.mark.usefixtures("snapshot")
def test_restored_storage_never_shrinks() -> None:
    with pytest.raises(InitFailed, match="Invalid storage size 32"):
        restored(engineVersion="16", allocatedStorage=32)
    assert record()["allocatedStorage"] == 64


def test_restore_to_a_time_does_not_send_all_inputs() -> None:
    make(backupRetentionPeriod=7, engineVersion="16")
    given = {
        "allocatedStorage": 100,
        "backupRetentionPeriod": 3,
        "backupWindow": "01:00-01:30",
        "performanceInsightsEnabled": True,
    }
    wanted = {"identifier": "two", "restoreToPointInTime": LATEST, **given}
    id, state = make(**wanted, allowMajorVersionUpgrade=True)
    assert (state["allocatedStorage"], state["engineVersion"]) == (64, "16.10")
    assert (state["backupRetentionPeriod"], state["backupWindow"]) == (7, "06:11-06:41")
    wanted |= {"allowMajorVersionUpgrade": True, "applyImmediately": True}
    assert changed(state, **wanted)[0] == {*given, "engineVersion", "applyImmediately"}
    state = update(id, state, **wanted)
    assert changed(state, **wanted) == (set(), set())


@pytest.mark.parametrize(
    ("moment", "status", "said"),
    [
        ({"useLatestRestorableTime": False}, "available", "Exactly one of RestoreTime"),
        ({"restoreTime": "2026-01-01T00:00:00Z"}, "available", "Exactly one of RestoreTime"),
        ({}, "modifying", "InvalidDBInstanceState"),
    ],
)
def test_restore_to_a_time_needs_one_time_and_an_available_source(
    moment: dict[str, Any], status: str, said: str
) -> None:
    make(backupRetentionPeriod=7)
    with REGION.transaction() as data:
        data["instances"]["one"]["status"] = status
    wanted = checked(identifier="two", restoreToPointInTime=LATEST | moment)
    assert said in refused(lambda: INSTANCE.create(operation(), wanted))


def test_restore_to_an_earlier_time_is_not_simulated() -> None:
    make(backupRetentionPeriod=7)
    source = {"sourceDbInstanceIdentifier": "one"}
    now = datetime.datetime.now(datetime.UTC)
    hour, minute = (f"{now - datetime.timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ}" for n in (60, 1))
    early = checked(identifier="two", restoreToPointInTime=source | {"restoreTime": hour})
    said = refused(lambda: INSTANCE.create(operation(), early))
    assert "not simulated: a restoreTime more than 15 minutes ago is an error" in said
    make(identifier="two", restoreToPointInTime=source | {"restoreTime": minute})
    assert REGION.read()["instances"]["two"]["engineVersion"].startswith("17")


def test_imported_instance_has_no_final_snapshot() -> None:
    make()
    found = INSTANCE.read(operation(), "one", {})
    assert found
    assert (found["skipFinalSnapshot"], found["deleteAutomatedBackups"]) == (True, True)
    INSTANCE.delete(operation(), found["id"], found)
    assert not REGION.read()["snapshots"]


def test_gp3_speed_follows_its_size() -> None:
    id, state = make(applyImmediately=True)
    assert (state["iops"], state["storageThroughput"]) == (3000, 125)
    state = update(id, state, allocatedStorage=100, applyImmediately=True)
    assert changed(state, allocatedStorage=100) == (set(), set())
    large = {"allocatedStorage": 400, "applyImmediately": True}
    with pytest.raises(Failure, match="Invalid iops value 3000"):
        update(id, state, **large)
    state = update(id, state, **large, iops=12000, storageThroughput=500)
    assert (state["iops"], state["storageThroughput"]) == (12000, 500)


def test_change_to_gp3_sets_its_speed() -> None:
    id, state = make(storageType="gp2")
    assert state["iops"] == 0
    state = update(id, state, applyImmediately=True)
    assert (state["storageType"], state["iops"]) == ("gp3", 3000)


def test_storage_change_waits_for_the_optimization_of_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0.1")
    id, state = make()
    state = update(id, state, allocatedStorage=100, applyImmediately=True)
    wanted = checked(allocatedStorage=200, applyImmediately=True)
    op = operation()
    op.timeout = 0.05
    with pytest.raises(Failure, match="previous storage change is being optimized"):
        INSTANCE.update(op, id, state, wanted)
    assert update(id, state, allocatedStorage=200, applyImmediately=True)["allocatedStorage"] == 200
