"""An instance on the simulated RDS: what is a change, and when it is made."""

from typing import Any

import pytest

from sandbox.providers.aws import instance_state
from sandbox.providers.cloud import events
from tests.unit.providers.aws import (
    INSTANCE,
    PARAMETERS,
    REGION,
    changed,
    make,
    operation,
    record,
    update,
)

Data = dict[str, Any]


def test_nothing_is_changed_by_asking_again_or_for_what_is_there() -> None:
    _, state = make()
    assert changed(state) == (set(), set())
    there = {
        key: state[key] for key in ("parameterGroupName", "port", "networkType", "backupWindow")
    }
    assert changed(state, **there) == (set(), set())
    assert changed(state, maintenanceWindow="Sat:07:20-Sat:07:50") == (set(), set())


def test_what_is_computed_stays_when_it_is_taken_away() -> None:
    own = {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/abc", "storageEncrypted": True}
    _, state = make(**own, backupRetentionPeriod=7)
    assert changed(state, storageEncrypted=True) == (set(), set())
    assert changed(state) == ({"storageEncrypted"}, {"storageEncrypted"})


def test_what_has_a_default_goes_back_to_it() -> None:
    logs = {"enabledCloudwatchLogsExports": ["postgresql"]}
    id, state = make(deletionProtection=True, performanceInsightsEnabled=True, **logs)
    expected = {"deletionProtection", "performanceInsightsEnabled", *logs}
    assert changed(state) == (expected, set())
    state = update(id, state)
    assert changed(state) == (set(), set())
    assert record()["deletionProtection"] is record()["performanceInsightsEnabled"] is False
    assert record()["enabledCloudwatchLogsExports"] == []


def test_the_state_is_compared_not_what_was_asked_for_before() -> None:
    _, state = make()
    with REGION.transaction() as data:
        data["instances"]["one"] |= {"storageEncrypted": True, "username": "other"}
    found = INSTANCE.read(operation(), "one", state)
    assert found
    assert changed(found) == ({"storageEncrypted", "username"},) * 2


def test_an_update_shows_what_there_is_until_the_window() -> None:
    id, state = make()
    wanted = {"instanceClass": "db.m6i.xlarge", "multiAz": True, "availabilityZone": None}
    state = update(id, state, **wanted)
    assert (state["instanceClass"], state["multiAz"]) == ("db.m6i.large", False)
    assert changed(state, **wanted)[0] == {"instanceClass", "multiAz"}
    state = update(id, state, **wanted, allocatedStorage=100)
    assert record()["pending"] == {
        "instanceClass": "db.m6i.xlarge",
        "multiAz": True,
        "allocatedStorage": 100,
    }
    events.maintenance(REGION, "one")
    assert record()["instanceClass"] == "db.m6i.xlarge"
    assert record()["multiAz"]
    assert not record()["pending"]


@pytest.mark.parametrize(("asked", "shown"), [("17", "16.10"), ("17.6", "17.6")])
def test_a_version_that_waits_is_shown_only_where_it_is_written_in_full(
    asked: str, shown: str
) -> None:
    id, state = make(engineVersion="16")
    wanted = {"engineVersion": asked, "allowMajorVersionUpgrade": True}
    state = update(id, state, **wanted)
    assert state["engineVersion"] == shown
    assert state["engineVersionActual"] == "16.10"
    events.maintenance(REGION, "one")
    found = INSTANCE.read(operation(), id, state)
    assert found
    assert found["engineVersionActual"] == "17.6"
    assert changed(found, **wanted) == ({"engineVersion"} if asked == "17" else set(), set())


def test_what_is_made_at_once_takes_all_that_waits_with_it() -> None:
    id, state = make()
    state = update(id, state, instanceClass="db.m6i.xlarge", allocatedStorage=100)
    state = update(id, state, instanceClass="db.m6i.2xlarge", applyImmediately=True)
    assert state["allocatedStorage"] == 100
    events.maintenance(REGION, "one")
    assert record()["instanceClass"] == "db.m6i.2xlarge", "an older change came after it"


def test_apply_immediately_alone_is_asked_of_rds() -> None:
    id, state = make(applyImmediately=False)
    state = update(id, state, instanceClass="db.m6i.xlarge", applyImmediately=False)
    assert changed(state, applyImmediately=True) == ({"applyImmediately"}, set())
    state = update(id, state, applyImmediately=True)
    assert state["instanceClass"] == "db.m6i.xlarge"
    assert not record()["pending"]


def test_backups_off_or_on_wait_and_another_number_of_days_does_not() -> None:
    id, state = make(backupRetentionPeriod=7)
    state = update(id, state, backupRetentionPeriod=8)
    assert state["backupRetentionPeriod"] == 8
    state = update(id, state, backupRetentionPeriod=0)
    assert state["backupRetentionPeriod"] == 8
    events.maintenance(REGION, "one")
    assert record()["backupRetentionPeriod"] == 0


def own_group(name: str, family: str, **parameters: str) -> None:
    PARAMETERS.create(
        operation(),
        {
            "name": name,
            "family": family,
            "parameters": [{"name": key, "value": value} for key, value in parameters.items()],
        },
    )


def test_another_parameter_group_is_attached_at_once_and_in_force_after_a_reboot() -> None:
    own_group("own", "postgres17", work_mem="8192")
    id, state = make()
    state = update(id, state, parameterGroupName="own")
    assert state["parameterGroupName"] == "own"
    assert not record()["pending"]
    update(id, state, parameterGroupName="own", instanceClass="db.m6i.xlarge")
    events.maintenance(REGION, "one")
    assert "work_mem" not in settings(), "the window reboots nothing"
    events.reboot(REGION, "one")
    assert settings()["work_mem"] == "8192"


def test_a_parameter_group_waits_with_the_major_upgrade_that_it_is_for() -> None:
    own_group("old", "postgres16", work_mem="4096")
    own_group("own", "postgres17", work_mem="8192")
    id, state = make(engineVersion="16", parameterGroupName="old")
    wanted = {"engineVersion": "17", "allowMajorVersionUpgrade": True, "parameterGroupName": "own"}
    state = update(id, state, **wanted)
    assert state["parameterGroupName"] == "old"
    events.maintenance(REGION, "one")
    assert record()["parameterGroupName"] == "own"
    assert settings()["work_mem"] == "8192"


def settings() -> dict[str, str]:
    """What PostgreSQL runs with."""
    return instance_state.settings(REGION.read(), record())
