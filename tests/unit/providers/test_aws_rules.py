"""The simulated RDS refuses what RDS refuses, with RDS's messages, and changes nothing."""

from typing import Any

import pytest

from sandbox.providers.aws.account import NODES_GROUP, VPC
from sandbox.providers.aws.admission import admits
from sandbox.providers.framework.validation import problems
from tests.unit.providers.aws import (
    GOOD,
    GROUP,
    INSTANCE,
    MESSAGES,
    PARAMETERS,
    REGION,
    RULE,
    SUBNETS,
    make,
    operation,
    refused,
    update,
)

REFUSED_AT_CREATION: list[tuple[dict[str, Any], str]] = [
    ({"multiAz": True}, "InvalidParameterCombination: Requesting a specific availability zone is "
     "not valid for Multi-AZ instances."),
    ({"username": "admin"}, "MasterUsername admin cannot be used as it is a reserved word"),
    ({"username": "a" * 17}, "The parameter MasterUserName is not valid"),
    ({"username": None}, '"username": required field is not set'),
    ({"allocatedStorage": None}, '"allocated_storage": required field is not set'),
    ({"password": None}, "The parameter MasterUserPassword must be provided"),
    ({"password": "short"}, "is not a valid password because it is shorter than 8 characters."),
    ({"password": "with/a/slash"}, "Only printable ASCII characters besides '/', '@', '\"', ' '"),
    ({"dbName": "postgres"}, "Database name postgres cannot be used"),
    ({"engineVersion": "99"}, "Cannot find version 99 for postgres"),
    ({"engineVersion": "17", "autoMinorVersionUpgrade": False}, "Cannot find version 17"),
    ({"engineVersion": "13",
      "engineLifecycleSupport": "open-source-rds-extended-support-disabled"}, "version 13"),
    ({"instanceClass": "db.huge"}, "RDS does not support creating a DB instance with the following "
     "combination: DBInstanceClass=db.huge, Engine=postgres, EngineVersion=17.6"),
    ({"parameterGroupName": "none"}, "DBParameterGroupNotFound: DBParameterGroup not found: none"),
    ({"parameterGroupName": "old"}, "Use a parameter group with DBParameterGroupFamily postgres17"),
    ({"allocatedStorage": 10}, "Invalid storage size for engine name postgres and storage"),
    ({"maxAllocatedStorage": 64}, "Max storage size must be greater than storage size"),
    ({"maxAllocatedStorage": 65}, "must be increased by at least 10 percent"),
    ({"iops": 5000}, "You can't specify IOPS or storage throughput for engine postgres"),
    ({"kmsKeyId": "arn:x"}, "KmsKeyId is only applicable for encrypted DB instances"),
    ({"dbSubnetGroupName": "none"}, "DBSubnetGroupNotFoundFault: DB subnet group 'none' does not"),
    ({"availabilityZone": "us-east-1c"}, "Availability zone '[us-east-1c]' is unavailable"),
    ({"vpcSecurityGroupIds": ["sg-none"]}, "Invalid security group, groupId= sg-none"),
    ({"port": 80}, "Invalid database port: 80"),
    ({"backupRetentionPeriod": 36}, "Invalid backup retention period: 36"),
    ({"backupWindow": "03:00-04:00", "maintenanceWindow": "sun:03:30-sun:04:30"},
     "The backup window and maintenance window must not overlap."),
    ({"backupWindow": "03:00-03:10", "maintenanceWindow": "sun:05:30-sun:06:30"}, "30 minutes"),
    ({"instanceClass": "db.t4g.micro", "performanceInsightsEnabled": True},
     "Performance Insights not supported for this configuration."),
    ({"instanceClass": "db.t3.small", "performanceInsightsEnabled": True},
     "Performance Insights not supported for this configuration."),
    ({"performanceInsightsRetentionPeriod": 8}, "Invalid Performance Insights Retention Period"),
    ({"monitoringInterval": 60}, "A MonitoringRoleARN value is required"),
    ({"snapshotIdentifier": "none"}, "DBSnapshotNotFound: DBSnapshot not found: none"),
    ({"restoreToPointInTime": {"sourceDbInstanceIdentifier": "none"}}, "DBInstance none not found"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), REFUSED_AT_CREATION)
def test_invalid_creation_is_refused_with_the_apis_message(
    changes: dict[str, Any], words: str
) -> None:
    PARAMETERS.create(operation(), {"name": "old", "family": "postgres16"})
    assert words in refused(lambda: make(**changes))


def test_identifier_is_unique() -> None:
    make()
    said = refused(make)
    assert "StatusCode: 400, RequestID: " in said
    assert ", DBInstanceAlreadyExists: DB instance already exists" in said
    assert "api error DBInstanceAlreadyExists" not in said


REFUSED_LATER: list[tuple[dict[str, Any], str]] = [
    ({"allocatedStorage": 32}, "must be greater than or equal to the current 64"),
    ({"engineVersion": "16"}, "Cannot upgrade postgres from 17.6 to 16"),
    ({"engineVersion": "18"}, "The AllowMajorVersionUpgrade flag must be present"),
    ({"instanceClass": "db.none.large"}, "DBInstanceClass=db.none.large"),
    ({"dbSubnetGroupName": "other"}, "You cannot move DB instance to subnet group"),
    ({"password": "no@sign-here"}, "is not a valid password"),
    ({"backupRetentionPeriod": 99}, "Invalid backup retention period: 99"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED_LATER)
def test_invalid_modification_is_refused_with_the_apis_message(
    changes: dict[str, Any], words: str
) -> None:
    made = make()
    said = refused(lambda: update(*made, **changes))
    assert "updating RDS DB Instance (one): operation error RDS: ModifyDBInstance" in said
    assert words in said


def test_unavailable_instance_can_not_be_modified_or_deleted() -> None:
    made = make()
    with REGION.transaction() as data:
        data["instances"]["one"]["status"] = "backing-up"
    assert "InvalidDBInstanceState" in refused(lambda: update(*made, instanceClass="db.m6i.xlarge"))
    assert "InvalidDBInstanceState" in refused(lambda: INSTANCE.delete(operation(), *made))


def test_only_interrupting_changes_wait() -> None:
    made = make()
    state = update(*made, instanceClass="db.m6i.xlarge", deletionProtection=True)
    assert state["instanceClass"] == "db.m6i.large", "the state has what there is"
    record = REGION.read()["instances"]["one"]
    assert (record["instanceClass"], record["deletionProtection"]) == ("db.m6i.large", True)
    assert record["pending"] == {"instanceClass": "db.m6i.xlarge"}
    found = INSTANCE.read(operation(), made[0], state)
    assert found
    assert found["instanceClass"] == "db.m6i.large", "a refresh shows what is so"


def test_storage_grows_by_at_least_a_tenth() -> None:
    state = update(*make(), allocatedStorage=65, applyImmediately=True)
    assert state["allocatedStorage"] == 71
    assert REGION.read()["instances"]["one"]["allocatedStorage"] == 71


def test_deletion_takes_its_arguments_from_the_state() -> None:
    id, state = make(deletionProtection=True)

    def delete(**changes: Any) -> None:
        INSTANCE.delete(operation(), id, state | changes)

    assert "Cannot delete protected DB Instance" in refused(delete)
    update(id, state, deletionProtection=False)
    assert "final_snapshot_identifier is required" in refused(
        lambda: delete(finalSnapshotIdentifier=None)
    )
    with REGION.transaction() as data:
        data["snapshots"]["one-final"] = {}
    assert "DBSnapshotAlreadyExists" in refused(delete)
    delete(finalSnapshotIdentifier="another")
    assert set(REGION.read()["snapshots"]) == {"one-final", "another"}
    delete()


def test_subnets_in_use_can_not_be_removed() -> None:
    make()
    assert "because it's in use" in refused(lambda: SUBNETS.delete(operation(), "two", {}))
    one_zone = {"subnetIds": ["subnet-0privatea", "subnet-0publica"]}
    assert "Current AZ coverage: us-east-1a. Add subnets to cover at least 2 AZs." in refused(
        lambda: SUBNETS.update(operation(), "two", {}, one_zone)
    )
    moved = {"subnetIds": ["subnet-0privateb", "subnet-0privatec"]}
    assert "SubnetAlreadyInUse" in refused(lambda: SUBNETS.update(operation(), "two", {}, moved))


def test_nodes_are_admitted_by_their_group_and_port_only() -> None:
    firewall, _ = GROUP.create(operation(), {"name": "fw", "vpcId": VPC, "description": "x"})
    make(vpcSecurityGroupIds=[firewall])

    def admitted() -> bool:
        data = REGION.read()
        return admits(data, data["instances"]["one"], 5432)

    rule = {"securityGroupId": firewall, "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432}
    assert not admitted()
    other, _ = GROUP.create(operation(), {"name": "x", "vpcId": VPC, "description": "x"})
    RULE.create(operation(), rule | {"referencedSecurityGroupId": other})
    assert not admitted()
    good = rule | {"referencedSecurityGroupId": NODES_GROUP}
    wrong, _ = RULE.create(operation(), good | {"fromPort": 80, "toPort": 80})
    assert not admitted()
    id, _ = RULE.create(operation(), good)
    assert admitted()
    assert "InvalidPermission.Duplicate" in refused(lambda: RULE.create(operation(), good))
    RULE.delete(operation(), id, {})
    assert not admitted()
    RULE.delete(operation(), wrong, {})


CHECKED: list[tuple[Any, dict[str, Any], str]] = [
    (INSTANCE, GOOD | {"instanceClass": None},
     'The argument "instance_class" is required, but no definition was found.'),
    (INSTANCE, GOOD | {"publicallyAccessible": True}, 'unknown key. "publically_accessible"'),
    (INSTANCE, GOOD | {"multiAz": "yes"}, "expected type 'bool'"),
    (INSTANCE, GOOD | {"finalSnapshotIdentifier": "a--b"}, "final_snapshot_identifier"),
    (INSTANCE, GOOD | {"blueGreenUpdate": {"enabled": True}}, "not simulated: setting blueGreen"),
    (SUBNETS, {"name": "Upper", "subnetIds": []}, "only lowercase alphanumeric characters"),
    (RULE, {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 2},
     "Exactly one of these attributes must be configured"),
    (GROUP, {"name": "sg-x"}, "must not begin with sg-"),
    (GROUP, {"ingress": [{"fromPort": 1, "toPort": 1, "protocol": "tcp"}]},
     "not simulated: inline ingress rules are an error"),
]  # fmt: skip


@pytest.mark.parametrize(("resource", "inputs", "words"), CHECKED)
def test_check_refuses_invalid_inputs(resource: Any, inputs: dict[str, Any], words: str) -> None:
    bridged = MESSAGES
    found = list(problems(inputs, resource.inputs, bridged))
    found = found or list(resource.check(operation(), dict(inputs), {}))
    assert any(words in each.reason for each in found), found


def test_in_place_changes_do_not_replace() -> None:
    changed = {"kmsKeyId": "k", "storageEncrypted": True, "availabilityZone": "b", "username": "u",
               "engine": "e", "dbName": "d", "snapshotIdentifier": "s"}  # fmt: skip
    for key, value in changed.items():
        assert INSTANCE.replaces((key,), {}, {key: value}), key
    for key in ("instanceClass", "multiAz", "identifier", "dbSubnetGroupName", "engineVersion"):
        assert not INSTANCE.replaces((key,), {}, {key: "x"}), key
    assert RULE.replaces(("cidrIpv4",), {"cidrIpv6": "::/0"}, {"cidrIpv4": "0.0.0.0/0"})
