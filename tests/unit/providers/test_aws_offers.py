"""Versions, upgrades, log groups and clients of the simulated AWS."""

from typing import Any

import pytest

from sandbox.providers.aws.account import NODES_GROUP, nodes_groups
from sandbox.providers.aws.provider import Aws
from tests.unit.providers.aws import REGION, ask, make, operation, put, record, refused, update

LOGS = Aws.resources["aws:cloudwatch/logGroup:LogGroup"]
NAME = "/aws/rds/instance/one/postgresql"
VERSION = "aws:rds/getEngineVersion:getEngineVersion"


def running(actual: str) -> tuple[str, dict[str, Any]]:
    """The id and the state of an instance that runs this version."""
    id, state = make(engineVersion=actual.partition(".")[0])
    put(engineVersionActual=actual)
    return id, state


def upgrade(instance: tuple[str, dict[str, Any]], version: str) -> str:
    """The version that the instance runs afterwards."""
    new: dict[str, Any] = {"allowMajorVersionUpgrade": True, "applyImmediately": True}
    update(*instance, engineVersion=version, **new)
    return record()["engineVersionActual"]


def test_a_major_version_is_the_default_minor_one() -> None:
    instance = running("16.10")
    assert record()["engineVersionActual"] == "16.10"
    assert upgrade(instance, "17") == "17.6"


def test_a_default_that_is_older_than_the_running_version_is_no_target() -> None:
    """github.com/terraform-aws-modules/terraform-aws-rds/issues/627."""
    instance = running("16.13")
    said = refused(lambda: upgrade(instance, "17"))
    assert "InvalidParameterCombination: Cannot upgrade postgres from 16.13 to 17.6" in said
    assert upgrade(instance, "17.9") == "17.9"


def test_minor_versions_only_go_up() -> None:
    instance = running("17.7")
    said = refused(lambda: upgrade(instance, "17.6"))
    assert "Cannot upgrade postgres from 17.7 to 17.6" in said
    assert upgrade(instance, "17.9") == "17.9"


def test_targets_are_those_of_the_version() -> None:
    found = ask(VERSION, engine="postgres", version="16.13", preferredVersions=["16.13"])
    assert found["validMajorTargets"] == ["17.9", "18.3"]
    assert found["validMinorTargets"] == []
    default = ask(VERSION, engine="postgres", version="16", defaultOnly=True)
    assert default["versionActual"] == "16.10"


def test_a_zone_may_not_offer_a_class() -> None:
    with REGION.transaction() as data:
        data["offers"] = {"db.m6i.large": ["us-east-1b"]}
    found = ask(
        "aws:rds/getOrderableDbInstance:getOrderableDbInstance",
        engine="postgres",
        engineVersion="17.6",
        instanceClass="db.m6i.large",
    )
    assert found["availabilityZones"] == ["us-east-1b"]


def test_rds_makes_a_missing_log_group_that_keeps_logs_for_ever() -> None:
    make(enabledCloudwatchLogsExports=["postgresql"])
    assert REGION.read()["logGroups"][NAME]["retentionInDays"] == 0
    said = refused(lambda: LOGS.create(operation(), {"name": NAME, "retentionInDays": 30}))
    assert "ResourceAlreadyExistsException: The specified log group already exists" in said


def test_rds_writes_to_a_log_group_that_exists() -> None:
    LOGS.create(operation(), {"name": NAME, "retentionInDays": 30})
    make(enabledCloudwatchLogsExports=["postgresql"])
    assert REGION.read()["logGroups"][NAME]["retentionInDays"] == 30


def test_a_retention_that_cloudwatch_does_not_offer_is_refused() -> None:
    (fault,) = LOGS.check(operation(), {"name": NAME, "retentionInDays": 31}, {})
    assert "expected retention_in_days to be one of [0 1 3 5 7 14 30 " in fault.reason


def test_the_key_of_performance_insights_is_final() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/abc"
    id, state = make(performanceInsightsEnabled=True)
    said = refused(lambda: update(id, state, performanceInsightsKmsKeyId=key))
    assert "You can't change your Performance Insights KMS key." in said


@pytest.mark.parametrize(("groups", "expected"), [([], {NODES_GROUP}), (["sg-own"], {"sg-own"})])
def test_a_launch_template_replaces_the_group_of_the_cluster(
    groups: list[str], expected: set[str]
) -> None:
    with REGION.transaction() as data:
        template = {"latestVersion": 1, "name": "t", "vpcSecurityGroupIds": groups}
        data["launchTemplates"]["lt-1"] = template
        groups_of_nodes = data["clusters"]["dev"]["nodeGroups"]
        del groups_of_nodes["workers-b"]
        workers = groups_of_nodes["workers-a"]
        workers["launchTemplates"] = [{"id": "lt-1", "name": "t", "version": "1"}]
        assert nodes_groups(data) == expected
