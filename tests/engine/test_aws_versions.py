"""Versions, log groups and logins of an RDS instance on a real engine, with a simulated account."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.aws import AwsStack
from tests.engine.cloud import INSTANCE, changes

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
KEY = "arn:aws:kms:us-east-1:123456789012:key/abc"


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> AwsStack:
    return AwsStack(tmp_path / "coder", engine)


def retentions(stack: AwsStack) -> dict[str, int]:
    """How long each log group of the account keeps its logs."""
    groups = stack.account()["logGroups"].values()
    return {each["name"].rpartition("/")[2]: each["retentionInDays"] for each in groups}


def outputs(stack: AwsStack) -> dict[str, Any]:
    return stack.resource(INSTANCE)["outputs"]


def test_upgrade_goes_to_the_newest_target_and_stays_there(stack: AwsStack) -> None:
    stack.set(postgresVersion="16", applyImmediately=True).up()
    assert retentions(stack) == {"postgresql": 30, "upgrade": 30}
    # RDS upgrades the minor version in the window; its default of 17 is older than that.
    stack.happens(engineVersionActual="16.13")
    assert not changes(stack.up())
    stack.set(postgresVersion="17").up()
    assert stack.instance()["engineVersionActual"] == "17.9"
    assert outputs(stack)["engineVersion"] == "17.9"
    assert changes(stack.set(server={"logRetentionDays": 90}).up()) == {"updated"}
    assert retentions(stack) == {"postgresql": 90, "upgrade": 90}
    assert not changes(stack.up())
    said = stack.refuses(size="db.m9.large")
    assert "size: RDS does not offer db.m9.large with PostgreSQL 17.6" in said


def test_restored_instance_keeps_the_version_and_login_of_its_snapshot(stack: AwsStack) -> None:
    stack.set(protect=False, server={"kmsKeyId": KEY}).up()
    assert stack.instance()["performanceInsightsKmsKeyId"] == KEY
    stack._good("destroy", "--yes", "--skip-preview")
    account = stack.account()
    assert not account["logGroups"]
    ((name, snapshot),) = account["snapshots"].items()
    snapshot |= {"engineVersionActual": "17.9", "username": "postgres"}
    (stack.folder / "aws" / "us-east-1.json").write_text(json.dumps(account))
    stack.set(restoreFrom={"snapshot": name}).up()
    assert (outputs(stack)["engineVersion"], outputs(stack)["username"]) == ("17.9", "postgres")
    assert not changes(stack.set(restoreFrom={}).up()), "neither is a change afterwards"
    stack.set(server={}).up()
    assert stack.instance()["performanceInsightsKmsKeyId"] == KEY, "RDS keeps it"


def test_log_groups_that_rds_has_made_are_left_alone(stack: AwsStack) -> None:
    """As an earlier version of this program left them."""
    stack.up()
    file = stack.folder / "state.json"
    stack._good("stack", "export", "--file", str(file))
    state = json.loads(file.read_text())
    kept = [each for each in state["deployment"]["resources"] if each["type"] != LOG_GROUP]
    for each in kept:
        needed = each.get("dependencies") or []
        each["dependencies"] = [urn for urn in needed if f"{LOG_GROUP}::" not in urn]
    assert len(kept) == len(state["deployment"]["resources"]) - 2
    state["deployment"]["resources"] = kept
    file.write_text(json.dumps(state))
    stack._good("stack", "import", "--file", str(file))
    assert not changes(stack.up())
    assert retentions(stack) == {"postgresql": 30, "upgrade": 30}
    assert not [each for each in stack.resources() if each["type"] == LOG_GROUP]
