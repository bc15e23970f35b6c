"""Changes of an RDS instance: what is a change, and when it is applied."""

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


def test_unchanged_inputs_are_no_change() -> None:
    _, state = make()
    assert changed(state) == (set(), set())
    there = {
        key: state[key] for key in ("parameterGroupName", "port", "networkType", "backupWindow")
    }
    assert changed(state, **there) == (set(), set())
    assert changed(state, maintenanceWindow="Sat:07:20-Sat:07:50") == (set(), set())


def test_removed_computed_input_is_no_change() -> None:
    own = {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/abc", "storageEncrypted": True}
    _, state = make(**own, backupRetentionPeriod=7)
    assert changed(state, storageEncrypted=True) == (set(), set())
    assert changed(state) == ({"storageEncrypted"}, {"storageEncrypted"})


def test_removed_input_returns_to_its_default() -> None:
    logs = {"enabledCloudwatchLogsExports": ["postgresql"]}
    id, state = make(deletionProtection=True, performanceInsightsEnabled=True, **logs)
    expected = {"deletionProtection", "performanceInsightsEnabled", *logs}
    assert changed(state) == (expected, set())
    state = update(id, state)
    assert changed(state) == (set(), set())
    assert record()["deletionProtection"] is record()["performanceInsightsEnabled"] is False
    assert record()["enabledCloudwatchLogsExports"] == []


def test_state_is_compared_not_the_old_inputs() -> None:
    _, state = make()
    with REGION.transaction() as data:
        data["instances"]["one"] |= {"storageEncrypted": True, "username": "other"}
    found = INSTANCE.read(operation(), "one", state)
    assert found
    assert changed(found) == ({"storageEncrypted", "username"},) * 2


def test_deferred_changes_show_the_current_values_until_the_window() -> None:
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
def test_deferred_version_is_shown_only_if_given_in_full(asked: str, shown: str) -> None:
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


def test_immediate_change_applies_all_deferred_changes() -> None:
    id, state = make()
    state = update(id, state, instanceClass="db.m6i.xlarge", allocatedStorage=100)
    state = update(id, state, instanceClass="db.m6i.2xlarge", applyImmediately=True)
    assert state["allocatedStorage"] == 100
    events.maintenance(REGION, "one")
    assert record()["instanceClass"] == "db.m6i.2xlarge", "an older change came after it"


def test_apply_immediately_alone_applies_deferred_changes() -> None:
    id, state = make(applyImmediately=False)
    state = update(id, state, instanceClass="db.m6i.xlarge", applyImmediately=False)
    assert changed(state, applyImmediately=True) == ({"applyImmediately"}, set())
    state = update(id, state, applyImmediately=True)
    assert state["instanceClass"] == "db.m6i.xlarge"
    assert not record()["pending"]


def test_backups_on_or_off_wait_but_another_retention_does_not() -> None:
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


def test_changed_parameter_group_takes_effect_after_a_reboot() -> None:
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


def test_parameter_group_waits_for_its_major_upgrade() -> None:
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


def test_failover_moves_to_another_zone_of_the_subnet_group() -> None:
    make(multiAz=True, availabilityZone=None)
    assert record()["availabilityZone"] == "us-east-1a"
    events.failover(REGION, "one")
    assert record()["availabilityZone"] == "us-east-1b"
    events.failover(REGION, "one")
    assert record()["availabilityZone"] == "us-east-1a"
