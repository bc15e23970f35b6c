"""RDS instances: accepted, refused and computed values."""

from typing import Any

import pytest

from sandbox.providers.cloud import events
from sandbox.providers.framework.validation import problems
from tests.unit.providers.aws import (
    GOOD,
    INSTANCE,
    MESSAGES,
    PARAMETERS,
    REGION,
    make,
    operation,
    record,
    refused,
    update,
)

BIG = {"allocatedStorage": 400}
PERFORMANCE = {"performanceInsightsEnabled": True, "databaseInsightsMode": "advanced"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"dbName": "9-bad name"}, "DBName must begin with a letter and contain only alphanumeric"),
    ({"caCertIdentifier": "rds-ca-2019"}, "CertificateNotFound: Certificate not found: rds-ca-201"),
    ({"licenseModel": "bring-your-own-license"}, "Invalid license model"),
    ({"optionGroupName": "own"}, "OptionGroupNotFoundFault"),
    ({"parameterGroupName": "default.postgres14"},
     "The parameter group default.postgres14 with DBParameterGroupFamily postgres14 can't be used"),
    ({"port": 6000}, "not simulated: a port other than 5432 is an error"),
    ({"networkType": "DUAL"}, "NetworkTypeNotSupported"),
    ({"databaseInsightsMode": "advanced"}, "Performance Insights must be on"),
    (PERFORMANCE | {"performanceInsightsRetentionPeriod": 7}, "at least 465 days"),
    ({"storageType": "gp2", "storageThroughput": 500}, "You can't specify IOPS or storage"),
    ({"storageType": "io2", "allocatedStorage": 100}, "Invalid iops value"),
    ({"storageType": "io1", "allocatedStorage": 100, "iops": 1000, "storageThroughput": 500},
     "You can't specify storage throughput for storage type io1"),
    (BIG | {"iops": 3000}, "Invalid iops value 3000 for engine name postgres, storage type gp3"),
    (BIG | {"storageThroughput": 100}, "Invalid storage throughput value 100"),
    (BIG | {"iops": 12000, "storageThroughput": 4000}, "Invalid storage throughput value 4000"),
    ({"instanceClass": "db.m6i.micro"}, "DBInstanceClass=db.m6i.micro"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_invalid_creation_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refused(lambda: make(**changes))


CHECKED: list[tuple[dict[str, Any], str]] = [
    ({"engine": "mysql"}, "expected engine to be one of"),
    ({"timezone": "UTC"}, "not simulated: setting timezone"),
    ({"domainDnsIps": ["10.0.0.1"]}, "not simulated: setting domainDnsIps"),
]


@pytest.mark.parametrize(("changes", "words"), CHECKED)
def test_check_refuses_invalid_inputs(changes: dict[str, Any], words: str) -> None:
    inputs = GOOD | changes
    assert not list(problems(inputs, INSTANCE.inputs, MESSAGES))
    found = list(INSTANCE.check(operation(), inputs, {}))
    assert any(words in each.reason for each in found), found


def test_names_that_are_too_long_are_refused_by_rds_alone() -> None:
    inputs = GOOD | {"identifier": "a" * 64, "finalSnapshotIdentifier": "a" * 256}
    assert not list(INSTANCE.check(operation(), inputs, {}))
    assert "DBInstanceIdentifier is not a valid identifier" in refused(
        lambda: make(identifier="a" * 64)
    )
    id, state = make(identifier="a" * 63, finalSnapshotIdentifier="a" * 256)
    assert "FinalDBSnapshotIdentifier is not a valid identifier" in refused(
        lambda: INSTANCE.delete(operation(), id, state)
    )


@pytest.mark.parametrize(
    ("given", "speed"),
    [
        ({}, (3000, 125)),
        ({"allocatedStorage": 399}, (3000, 125)),
        (BIG, (12000, 500)),
        (BIG | {"iops": 16000, "storageThroughput": 1000}, (16000, 1000)),
        ({"storageType": "gp2"}, (0, 0)),
        ({"storageType": "io2", "allocatedStorage": 100, "iops": 5000}, (5000, 0)),
    ],
)
def test_storage_speed_follows_size_and_type(given: dict[str, Any], speed: tuple[int, int]) -> None:
    _, state = make(**given)
    assert (state["iops"], state["storageThroughput"]) == speed


def test_growth_beyond_400_gib_needs_an_explicit_speed() -> None:
    made = make()
    said = refused(lambda: update(*made, applyImmediately=True, **BIG))
    assert "Invalid iops value 3000" in said
    state = update(*made, applyImmediately=True, **BIG, iops=12000, storageThroughput=500)
    assert (state["iops"], state["storageThroughput"]) == (12000, 500)


def test_changed_storage_type_has_its_own_speed() -> None:
    made = make(storageType="gp2")
    state = update(*made, applyImmediately=True)
    assert (state["storageType"], state["iops"], state["storageThroughput"]) == ("gp3", 3000, 125)
    state = update(made[0], state, applyImmediately=True, storageType="gp2")
    assert (state["storageType"], state["iops"], state["storageThroughput"]) == ("gp2", 0, 0)


def test_major_upgrade_switches_to_the_new_default_groups() -> None:
    made = make(engineVersion="16")
    assert made[1]["optionGroupName"] == "default:postgres-16"
    state = update(*made, applyImmediately=True, allowMajorVersionUpgrade=True)
    assert state["optionGroupName"] == "default:postgres-17"
    assert state["parameterGroupName"] == "default.postgres17"
    old = {"parameterGroupName": "default.postgres16", "engineVersion": "18"}
    said = refused(
        lambda: update(made[0], state, applyImmediately=True, allowMajorVersionUpgrade=True, **old)
    )
    assert "with DBParameterGroupFamily postgres16 can't be used for this instance" in said


def test_changed_parameter_group_needs_a_reboot_each_time() -> None:
    for name, memory in (("first", "4096"), ("second", "8192")):
        given = [{"name": "work_mem", "value": memory}]
        inputs = {"name": name, "family": "postgres17", "parameters": given}
        PARAMETERS.create(operation(), inputs)
    made = make()
    for name in ("first", "second"):
        update(*made, applyImmediately=True, parameterGroupName=name)
        assert record()["inForce"] is not None, f"{name} is in force at once"
        events.reboot(REGION, "one")


def test_engine_and_window_are_lowered() -> None:
    made = make(engine="Postgres", maintenanceWindow="Sun:04:30-Sun:05:30")
    assert (made[1]["engine"], made[1]["maintenanceWindow"]) == ("postgres", "sun:04:30-sun:05:30")
    state = update(*made, applyImmediately=True, maintenanceWindow="Mon:04:30-Mon:05:30")
    assert state["maintenanceWindow"] == "mon:04:30-mon:05:30"


def test_instance_without_backups_has_no_restorable_time() -> None:
    made = make()
    assert made[1]["latestRestorableTime"] == ""
    state = update(*made, applyImmediately=True, backupRetentionPeriod=7)
    assert state["latestRestorableTime"].endswith("Z")


def test_performance_insights_retention_defaults_to_a_week() -> None:
    made = make(performanceInsightsEnabled=True)
    assert made[1]["performanceInsightsRetentionPeriod"] == 7
    state = update(*made, applyImmediately=True, performanceInsightsEnabled=True,
                    performanceInsightsRetentionPeriod=31)  # fmt: skip
    assert state["performanceInsightsRetentionPeriod"] == 31


def test_snapshot_name_is_lowered() -> None:
    id, state = make()
    last = {"finalSnapshotIdentifier": "Last-One"}
    INSTANCE.delete(operation(), id, state | last)
    assert set(REGION.read()["snapshots"]) == {"last-one"}
    restored = {key: value for key, value in GOOD.items() if key not in ("username", "dbName")}
    inputs = restored | {"snapshotIdentifier": "LAST-one"}
    id, outputs = INSTANCE.create(operation(), inputs)
    said = refused(lambda: INSTANCE.delete(operation(), id, inputs | outputs | last))
    assert "DBSnapshotAlreadyExists" in said


def test_deletion_disables_protection_with_apply_immediately() -> None:
    id, state = make(deletionProtection=True)
    state |= {"skipFinalSnapshot": True, "deletionProtection": False}
    said = refused(lambda: INSTANCE.delete(operation(), id, state))
    assert "Cannot delete protected DB Instance" in said
    INSTANCE.delete(operation(), id, state | {"applyImmediately": True})
    assert not REGION.read()["instances"]
