"""The simulated AWS agrees with the provider's code on checks, restores and refused updates."""

from typing import Any

import pytest

from sandbox.providers.cloud import events
from sandbox.providers.framework.errors import InitFailed
from sandbox.providers.framework.resource import Resource
from sandbox.providers.framework.validation import problems
from tests.unit.providers.aws import (
    GOOD,
    INSTANCE,
    MESSAGES,
    PARAMETERS,
    PRIVATE,
    REGION,
    RULE,
    SUBNETS,
    changed,
    changes,
    checked,
    make,
    make_security_group,
    operation,
    record,
    refused,
)

Data = dict[str, Any]
LATEST = {"sourceDbInstanceIdentifier": "one", "useLatestRestorableTime": True}
TIME = {"sourceDbInstanceIdentifier": "one", "restoreTime": "2026-01-31T03:00:00Z"}


def reasons(**inputs: Any) -> list[str]:
    """What Check says of an instance with these inputs, without where it is."""
    given = GOOD | inputs
    assert not list(problems(given, INSTANCE.inputs, MESSAGES))
    found = [each.reason for each in INSTANCE.check(operation(), given, {})]
    assert all("Examine values at 'one." in each for each in found)
    return [each.rpartition(". Examine")[0] for each in found]


REFUSED_BY_CHECK: list[tuple[Data, list[str]]] = [
    ({"identifier": "1a"}, ['first character of "identifier" must be a letter']),
    ({"identifier": "One"}, [
        'only lowercase alphanumeric characters and hyphens allowed in "identifier"',
        'first character of "identifier" must be a letter']),
    ({"identifier": "a--b-"}, ['"identifier" cannot contain two consecutive hyphens',
                               '"identifier" cannot end with a hyphen']),
    ({"finalSnapshotIdentifier": "1--é-"}, [
        "invalid value for final_snapshot_identifier (must begin with alphabetic character)",
        "invalid value for final_snapshot_identifier (must only contain alphanumeric characters "
        "and hyphens)",
        "invalid value for final_snapshot_identifier (cannot contain two consecutive hyphens)",
        "invalid value for final_snapshot_identifier (cannot end in a hyphen)"]),
    ({"backupWindow": "3-4"}, ['(3-4) must satisfy the format of "hh24:mi-hh24:mi"']),
    ({"maintenanceWindow": "Sunday:1-2"},
     ['(sunday:1-2) must satisfy the format of "ddd:hh24:mi-ddd:hh24:mi"']),
    ({"kmsKeyId": "alias/own"},
     ['"kms_key_id" (alias/own) is an invalid ARN: arn: invalid prefix']),
    ({"monitoringRoleArn": "arn:x"},
     ['"monitoring_role_arn" (arn:x) is an invalid ARN: arn: not enough sections']),
    ({"performanceInsightsKmsKeyId": "arn::kms:us-east-1::"}, [
        '"performance_insights_kms_key_id" (arn::kms:us-east-1::) is an invalid ARN: missing '
        "partition value",
        '"performance_insights_kms_key_id" (arn::kms:us-east-1::) is an invalid ARN: missing '
        "resource value"]),
    ({"kmsKeyId": "arn:aws:kms:here:1:key/x"}, [
        '"kms_key_id" (arn:aws:kms:here:1:key/x) is an invalid ARN: invalid region value '
        r"(expecting to match regular expression: ^[a-z]{2}(-[a-z]+)+-\d{1,2}$)",
        '"kms_key_id" (arn:aws:kms:here:1:key/x) is an invalid ARN: invalid account ID value '
        "(expecting to match regular expression: "
        r"^(aws|aws-managed|third-party|\d{12}|cw.{10})$)"]),
    ({"monitoringInterval": 7},
     ["expected monitoring_interval to be one of [0 1 5 10 15 30 60], got 7"]),
    ({"backupRetentionPeriod": 36},
     ["expected backup_retention_period to be in the range (0 - 35), got 36"]),
    ({"performanceInsightsRetentionPeriod": 8}, [
        "expected performance_insights_retention_period to be one of [7 731], got 8",
        "expected performance_insights_retention_period to be divisible by 31, got: 8"]),
    ({"performanceInsightsRetentionPeriod": 744}, [
        "expected performance_insights_retention_period to be one of [7 731], got 744",
        "expected performance_insights_retention_period to be at most (731), got 744"]),
    ({"restoreToPointInTime": TIME | {"restoreTime": "2026-01-31"}}, [
        'must be in RFC3339 time format "2006-01-02T15:04:05Z07:00". Example: parsing time '
        '"2026-01-31" as "2006-01-02T15:04:05Z07:00"']),
    ({"restoreToPointInTime": TIME | LATEST}, [
        'Conflicting configuration arguments. "restore_to_point_in_time.0.restore_time": conflicts '
        "with restore_to_point_in_time.0.use_latest_restorable_time",
        'Conflicting configuration arguments. "restore_to_point_in_time.0.'
        'use_latest_restorable_time": conflicts with restore_to_point_in_time.0.restore_time']),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "said"), REFUSED_BY_CHECK)
def test_check_has_the_validators_messages(inputs: Data, said: list[str]) -> None:
    assert reasons(**inputs) == said


ACCEPTED_BY_CHECK: list[Data] = [
    {"maintenanceWindow": "SUN:04:30-SUN:05:30"},
    {"backupRetentionPeriod": 35},
    {"performanceInsightsRetentionPeriod": 7},
    {"performanceInsightsRetentionPeriod": 731},
    {"performanceInsightsRetentionPeriod": 713},
    {"kmsKeyId": "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/abc"},
    {"restoreToPointInTime": TIME},
    {"restoreToPointInTime": TIME | {"restoreTime": "2026-01-31T03:00:00.5+02:00"}},
    {"restoreToPointInTime": LATEST},
]


@pytest.mark.parametrize("inputs", ACCEPTED_BY_CHECK)
def test_check_accepts_what_the_validators_accept(inputs: Data) -> None:
    assert reasons(**inputs) == []


def test_window_in_upper_case_is_lowered() -> None:
    _, state = make(maintenanceWindow="SUN:04:30-SUN:05:30")
    assert state["maintenanceWindow"] == "sun:04:30-sun:05:30"


def test_change_inside_the_restored_time_is_an_update() -> None:
    _, state = make()
    assert changed(state, restoreToPointInTime=LATEST) == ({"restoreToPointInTime"},) * 2
    state |= {"restoreToPointInTime": LATEST}
    assert changed(state, restoreToPointInTime=TIME) == ({"restoreToPointInTime"}, set())
    assert changed(state) == ({"restoreToPointInTime"},) * 2


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ({"snapshotIdentifier": "none"}, "(restore from snapshot) (one): operation error RDS: "
         "RestoreDBInstanceFromDBSnapshot"),
        ({"restoreToPointInTime": {"sourceDbInstanceIdentifier": "none"}},
         "(restore to point-in-time) (one): operation error RDS: RestoreDBInstanceToPointInTime"),
        ({"username": "admin"}, "(one): operation error RDS: CreateDBInstance"),
    ],
)  # fmt: skip
def test_refused_creation_names_what_is_restored(origin: Data, words: str) -> None:
    said = refused(lambda: make(**origin))
    assert said.startswith(f"1 error occurred:\n\t* creating RDS DB Instance {words}")


def test_restore_from_a_snapshot_always_sends_size_and_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make()
    events.snapshot(REGION, "one", "kept")
    events.delete(REGION, "one")
    sent: list[Data] = []

    def request(*arguments: Any) -> None:
        sent.append(arguments[-2])

    monkeypatch.setattr(type(INSTANCE), "_request_change", request)
    make(snapshotIdentifier="kept")
    assert sent.pop()["allocatedStorage"] == record()["allocatedStorage"]
    events.delete(REGION, "one")
    make(snapshotIdentifier="kept", engineVersion=None, allocatedStorage=None)
    assert not sent, "RDS would refuse a request without a change"


GROUP = {"name": "own", "family": "postgres17"}
WORK_MEM = GROUP | {"parameters": [{"name": "work_mem", "value": "8192"}]}
WRONG = GROUP | {"parameters": [{"name": "work_mem", "value": "64MB"}]}
MOVED = {"name": "two", "subnetIds": ["subnet-0privateb", "subnet-0privatec"]}
NAMED = {"name": "two", "subnetIds": PRIVATE}


@pytest.mark.parametrize(
    ("resource", "good", "wrong", "key"),
    [
        (INSTANCE, checked(), checked(instanceClass="db.none.large"), "instanceClass"),
        (PARAMETERS, WORK_MEM, WRONG, "parameters"),
        (SUBNETS, NAMED, MOVED, "subnetIds"),
    ],
    ids=["instance", "parameter group", "subnet group"],
)
def test_refused_change_is_asked_for_again_only_by_the_second_next_update(
    resource: Resource, good: Data, wrong: Data, key: str
) -> None:
    """The state has the refused value, so that the next update only reads."""
    if resource is SUBNETS:
        make()
        id, outputs = "two", SUBNETS.read(operation(), "two", {}) or {}
    else:
        id, outputs = resource.create(operation(), good)
    state = good | outputs
    with pytest.raises(InitFailed) as failed:
        resource.update(operation(), id, state, wrong)
    (reason,) = failed.value.reasons
    assert reason.startswith("updating u::one: 1 error occurred:\n\t* ")
    state = wrong | failed.value.state
    assert state[key] == wrong[key]
    assert not changes(resource, state, wrong)
    before = REGION.read()
    state = wrong | resource.update(operation(), id, state, wrong)
    assert REGION.read() == before, "the second update asked for something"
    assert state[key] == outputs[key]
    assert changes(resource, state, wrong) == {key}
    with pytest.raises(InitFailed):
        resource.update(operation(), id, state, wrong)


def test_tags_are_set_without_a_parameter_that_was_refused_before() -> None:
    id, outputs = PARAMETERS.create(operation(), WORK_MEM)
    with pytest.raises(InitFailed) as failed:
        PARAMETERS.update(operation(), id, WORK_MEM | outputs, WRONG)
    state = WRONG | failed.value.state
    found = PARAMETERS.update(operation(), id, state, WRONG | {"tags": {"a": "b"}})
    assert found["tags"] == {"a": "b"}
    assert found["parameters"] == WORK_MEM["parameters"]


def test_refused_rule_keeps_its_state() -> None:
    """The rule's provider is written with another SDK, which keeps the old state."""
    rule = {"securityGroupId": make_security_group(), "ipProtocol": "tcp", "fromPort": 5432,
            "toPort": 5432, "cidrIpv4": "10.0.0.0/8"}  # fmt: skip
    id, outputs = RULE.create(operation(), rule)
    said = refused(lambda: RULE.update(operation(), id, rule | outputs, rule | {"fromPort": 5433}))
    assert said.startswith("1 error occurred:\n\t* updating VPC Security Group Rule")
