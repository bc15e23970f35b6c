"""The RDS instance's name, log groups, keys and admin password."""

from typing import Any

import pytest

from tests.unit.aws import KEY, LOG_GROUP, RUNNING, Aws

NAME = RUNNING["dbInstanceIdentifier"]
INSIGHTS = "performanceInsightsKmsKeyId"


@pytest.fixture
def cloud() -> Aws:
    return Aws()


def with_log_groups(cloud: Aws) -> None:
    """The state has the instance and its log groups."""
    cloud.state = {
        "urn:pulumi:dev::coder::coder:aws:Postgres$aws:cloudwatch/logGroup:LogGroup::log": {},
        "urn:server": {"identifier": NAME, "engineVersion": "17"},
    }


def groups(cloud: Aws) -> list[str]:
    return sorted(each.plain["name"] for each in cloud.all(LOG_GROUP))


def test_log_groups_are_made_before_the_instance_with_a_retention(cloud: Aws) -> None:
    server = cloud.run(server={"logRetentionDays": 90}, labels={"team": "x"})
    name = server["identifier"]
    assert name == "postgres-server0a1b2c3d"
    logs = cloud.all(LOG_GROUP)
    assert groups(cloud) == [
        f"/aws/rds/instance/{name}/{log}" for log in server["enabledCloudwatchLogsExports"]
    ]
    assert {each.plain["retentionInDays"] for each in logs} == {90}
    assert {each.urn for each in logs} <= cloud.named("postgres-server").dependencies


def test_logs_are_kept_for_30_days_by_default(cloud: Aws) -> None:
    cloud.run()
    assert {each.plain["retentionInDays"] for each in cloud.all(LOG_GROUP)} == {30}


def test_live_instance_keeps_its_name_and_log_groups(cloud: Aws) -> None:
    with_log_groups(cloud)
    assert cloud.run(running={})["identifier"] == NAME
    assert groups(cloud) == [f"/aws/rds/instance/{NAME}/{log}" for log in ("postgresql", "upgrade")]


def test_log_groups_that_rds_has_made_are_left_alone(cloud: Aws) -> None:
    cloud.state = {"urn:server": {"identifier": NAME, "engineVersion": "17"}}
    assert cloud.run(running={})["identifier"] == NAME
    assert groups(cloud) == []


def test_replaced_instance_gets_another_name(cloud: Aws) -> None:
    with_log_groups(cloud)
    server = cloud.run(running={}, server={"kmsKeyId": KEY}, protect=False)
    assert server["identifier"] == "postgres-server0a1b2c3d"
    assert groups(cloud)[0] == "/aws/rds/instance/postgres-server0a1b2c3d/postgresql"
    assert server[INSIGHTS] == KEY
    assert INSIGHTS not in cloud.named("postgres-server").ignores


def test_retention_that_cloudwatch_does_not_offer_is_refused(cloud: Aws) -> None:
    (line,) = cloud.refuses(server={"logRetentionDays": 31})
    assert line.startswith("server.logRetentionDays: is 31, must be one of 1, 3, 5, 7, 14, 30, 60")


def test_performance_insights_uses_the_given_key(cloud: Aws) -> None:
    assert cloud.run(server={"kmsKeyId": KEY})[INSIGHTS] == KEY
    assert INSIGHTS not in Aws().run()
    assert INSIGHTS not in Aws().run(size="db.t4g.small", server={"kmsKeyId": KEY})


@pytest.mark.parametrize(("was", "ignored"), [("db.m6i.large", True), ("db.t4g.small", False)])
def test_performance_insights_keeps_the_key_with_which_it_began(
    cloud: Aws, was: str, ignored: bool
) -> None:
    running: dict[str, Any] = {"kmsKeyId": KEY, "dbInstanceClass": was}
    cloud.run(running=running, server={"kmsKeyId": KEY})
    assert (INSIGHTS in cloud.named("postgres-server").ignores) is ignored
