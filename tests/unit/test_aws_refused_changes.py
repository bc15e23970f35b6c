"""What RDS refused is in the state: an update that would leave it out is refused."""

from typing import Any

import pulumi
import pytest

from components.aws.refused_changes import missing_parameters, missing_subnets
from components.server.passwords import ANOTHER_ADMIN_PASSWORD
from tests.unit.aws import RUNNING, Aws

HAS = {
    "allocatedStorage": 64,
    "backupRetentionPeriod": 7,
    "dbInstanceClass": "db.m6i.large",
    "maxAllocatedStorage": 256,
    "multiAz": False,
    "preferredBackupWindow": "03:00-04:00",
    "preferredMaintenanceWindow": "sun:04:30-sun:05:30",
}
"""The instance as the look-up answers."""
STATE = {
    "allocatedStorage": 64.0,
    "applyImmediately": False,
    "backupRetentionPeriod": 7.0,
    "backupWindow": "03:00-04:00",
    "copyTagsToSnapshot": True,
    "deletionProtection": True,
    "engineVersion": "16",
    "instanceClass": "db.m6i.large",
    "maintenanceWindow": "sun:04:30-sun:05:30",
    "maxAllocatedStorage": 256.0,
    "multiAz": False,
    "parameterGroupName": "default.postgres17",
    "vpcSecurityGroupIds": ["sg-1", "sg-2"],
}
CURE = "and this update would not ask again; type `pulumi refresh`, then `pulumi up`"


@pytest.fixture
def cloud() -> Aws:
    cloud = Aws()
    cloud.run(running=HAS)
    return cloud


def lines(
    cloud: Aws, wanted: dict[str, Any], state: dict[str, Any], old: dict[str, Any] | None = None
) -> list[str]:
    """What refuses an update to these inputs, from inputs before the change and a state."""
    call = {
        "old_inputs": STATE | (old or {}),
        "new_inputs": STATE | wanted,
        "old_outputs": STATE | state,
    }
    name = next(each for each in cloud.named("postgres-server").hooks["before_update"]
                if each.endswith("changes that RDS refused"))  # fmt: skip
    try:
        cloud.call_hook(name, **call)
    except pulumi.RunError as error:
        return str(error).splitlines()
    return []


SEEN: list[tuple[dict[str, Any], str]] = [
    ({"instanceClass": "db.m6i.xlarge"}, "size: instance {} has db.m6i.large and the state "
     "db.m6i.xlarge"),
    ({"allocatedStorage": 100.0}, "storageGb: instance {} has 64 and the state 100"),
    ({"multiAz": True}, "highAvailability: instance {} has False and the state True"),
    ({"backupRetentionPeriod": 9.0}, "backupDays: instance {} has 7 and the state 9"),
    ({"maxAllocatedStorage": 512.0}, "maxStorageGb: instance {} has 256 and the state 512"),
    ({"backupWindow": "01:00-02:00"}, "server.backupWindow: instance {} has 03:00-04:00 and the "
     "state 01:00-02:00"),
    ({"maintenanceWindow": "mon:04:30-mon:05:30"}, "server.maintenanceWindow: instance {} has "
     "sun:04:30-sun:05:30 and the state mon:04:30-mon:05:30"),
    ({"parameterGroupName": "own"}, "server.parameters: instance {} has default.postgres17 and the "
     "state own"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "begin"), SEEN)
def test_value_that_only_the_state_has_is_refused(
    cloud: Aws, change: dict[str, Any], begin: str
) -> None:
    (line,) = lines(cloud, change, change)
    assert line == (
        f"{begin.format(RUNNING['dbInstanceIdentifier'])}: RDS refused the change, or it was "
        f"changed outside of this stack, {CURE}"
    )
    assert lines(cloud, {}, change) == [], "the update sends the value that it goes back to"
    assert lines(cloud, change, {}) == [], "the update sends the change"


def test_window_in_upper_case_is_found_in_lower_case_in_the_state(cloud: Aws) -> None:
    wanted = {"maintenanceWindow": "Mon:04:30-Mon:05:30"}
    assert len(lines(cloud, wanted, {"maintenanceWindow": "mon:04:30-mon:05:30"})) == 1


NO_LOST_CHANGE: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({"maintenanceWindow": "Sun:04:30-Sun:05:30"}, {}, {}),
    ({"instanceClass": "db.m6i.xlarge"}, {}, {"instanceClass": "db.m6i.xlarge"}),  # it waits
    ({"engineVersion": "17.6"}, {"engineVersion": "17.6"}, {"engineVersion": "17.6"}),  # as well
    ({"allocatedStorage": 32.0}, {"allocatedStorage": 32.0}, {}),  # it has grown by itself
    ({"applyImmediately": True}, {"applyImmediately": True}, {}),
    ({"copyTagsToSnapshot": False}, {}, {}),
    ({"publiclyAccessible": False}, {"publiclyAccessible": False}, {}),  # an import leaves it out
]


@pytest.mark.parametrize(("wanted", "state", "old"), NO_LOST_CHANGE)
def test_change_that_is_not_lost_is_accepted(
    cloud: Aws, wanted: dict[str, Any], state: dict[str, Any], old: dict[str, Any]
) -> None:
    assert lines(cloud, wanted, state, old) == []


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"engineVersion": "17"}, "postgresVersion"),
        ({"copyTagsToSnapshot": False}, "copyTagsToSnapshot"),
        ({"deletionProtection": False}, "protect"),
    ],
)
def test_change_that_discovery_can_not_see_is_refused_after_a_failure(
    cloud: Aws, change: dict[str, Any], setting: str
) -> None:
    expected = f"{setting}: the last update failed, only the state has its value, {CURE}"
    assert lines(cloud, change, change) == [expected]
    assert lines(cloud, change, change, change) == []


def test_order_of_a_set_is_no_change(cloud: Aws) -> None:
    wanted = {"vpcSecurityGroupIds": ["sg-3", "sg-1"]}
    assert len(lines(cloud, wanted, {"vpcSecurityGroupIds": ["sg-1", "sg-3"]})) == 1
    assert lines(cloud, {"vpcSecurityGroupIds": ["sg-2", "sg-1"]}, {}) == []


def test_refused_password_needs_another_generation(cloud: Aws) -> None:
    (line,) = lines(cloud, {"password": "new"}, {"password": "new"}, {"password": "old"})
    assert line.startswith("passwordGeneration: RDS refused the new password of the admin login")
    assert line.endswith(ANOTHER_ADMIN_PASSWORD)
    assert lines(cloud, {"password": "newer"}, {"password": "new"}, {"password": "old"}) == []


def test_instance_without_lost_changes_is_updated(cloud: Aws) -> None:
    cloud.call_hooks("before_update", old_inputs=STATE, new_inputs=STATE, old_outputs=STATE)


def test_parameters_that_rds_does_not_have_are_named() -> None:
    stored = [{"name": "work_mem", "value": "4096"}, {"name": "timezone", "value": "UTC"}]
    wanted = {"work_mem": "8192", "TimeZone": "UTC", "log_lock_waits": "1"}
    again = "an earlier update was refused; type `pulumi up` to ask again"
    assert list(missing_parameters(stored, wanted)) == [
        "server.parameters.log_lock_waits: is 1, and the parameter group in RDS has the default: "
        + again,
        "server.parameters.work_mem: is 8192, and the parameter group in RDS has 4096: " + again,
    ]
    assert not list(missing_parameters(stored, {"work_mem": "4096"}))


def test_subnets_that_rds_does_not_have_are_named() -> None:
    assert list(missing_subnets(["b", "a"], ("a", "c"))) == [
        "network.subnetIds: the subnet group has to have a, c, and in RDS has a, b: an earlier "
        "update was refused; type `pulumi up` to ask again"
    ]
    assert not list(missing_subnets(["b", "a"], ("a", "b")))
