"""Versions and classes that RDS offers: what is sent, and what is refused at preview."""

from typing import Any

import pytest

from tests.unit.aws import RUNNING, SOURCE, Aws

SIXTEEN = {"engineVersion": "16.13", "dbParameterGroups": ["default.postgres16"]}


@pytest.fixture
def cloud() -> Aws:
    return Aws()


def recorded(cloud: Aws, version: str) -> None:
    """The state has the instance with this version."""
    name = RUNNING["dbInstanceIdentifier"]
    cloud.state = {"urn:server": {"identifier": name, "engineVersion": version}}


def test_upgrade_asks_for_the_newest_target_of_the_running_version(cloud: Aws) -> None:
    cloud.targets["16.13"] = ["17.9", "17.10", "18.3"]
    server = cloud.run(running=SIXTEEN, postgresVersion="17", applyImmediately=True)
    assert server["engineVersion"] == "17.10"
    assert server["allowMajorVersionUpgrade"] is True
    assert server["parameterGroupName"] == "default.postgres17"


def test_version_without_an_upgrade_is_refused_with_the_minor_upgrade_to_make(cloud: Aws) -> None:
    cloud.targets["16.1"] = ["16.10", "16.13"]
    (line,) = cloud.refuses(running=SIXTEEN | {"engineVersion": "16.1"}, postgresVersion="17")
    assert line == (
        "postgresVersion: is 17, and RDS offers no upgrade to it from 16.1, the version of "
        "instance postgres-server1a2b3c4; upgrade it to 16.13 first: `aws rds modify-db-instance "
        "--db-instance-identifier postgres-server1a2b3c4 --engine-version 16.13 "
        "--apply-immediately`"
    )


def test_newest_minor_version_without_an_upgrade_waits(cloud: Aws) -> None:
    cloud.targets["16.14"] = ["16.15"]
    cloud.targets["17.10"] = ["17.11"]
    running = RUNNING | {"engineVersion": "17.10"}
    (line,) = cloud.refuses(running=running, postgresVersion="18")
    assert "upgrade it to 17.11 first" in line
    cloud = Aws()
    cloud.targets["17.11"] = ["19.0"]
    (line,) = cloud.refuses(running=RUNNING | {"engineVersion": "17.11"}, postgresVersion="18")
    assert line.endswith("instance postgres-server1a2b3c4; wait until it does")


@pytest.mark.parametrize(
    ("state", "sent"),
    [
        ("17", "17"),  # RDS upgrades the minor version, and no update shows it
        ("17.6", "17.9"),  # after an upgrade, a restore or an import: `17` could be a downgrade
        ("17.9", "17.9"),
        ("", "17.9"),  # the state does not have the instance
    ],
)
def test_live_instance_keeps_its_minor_version(cloud: Aws, state: str, sent: str) -> None:
    recorded(cloud, state)
    assert cloud.run(running={"engineVersion": "17.9"})["engineVersion"] == sent


def test_new_instance_gets_the_default_minor_version_of_rds(cloud: Aws) -> None:
    assert cloud.run()["engineVersion"] == "17"


@pytest.mark.parametrize("kind", ["snapshot", "instance"])
def test_restore_sends_the_full_version_of_its_source(cloud: Aws, kind: str) -> None:
    cloud.snapshots["one"] = cloud.instances["one"] = SOURCE | {"engineVersion": "17.9"}
    assert cloud.run(restoreFrom={kind: "one"})["engineVersion"] == "17.9"


NOT_OFFERED: list[tuple[list[str], dict[str, Any], str]] = [
    (["us-east-1b", "us-east-1c"], {},
     "size: RDS offers db.m6i.large with PostgreSQL 17.6 and gp3 storage in us-east-1b, "
     "us-east-1c, and not in us-east-1a, the zone of the server; choose another size, of those "
     "that `aws rds describe-orderable-db-instance-options --engine postgres --engine-version "
     "17.6` prints"),
    ([], {}, "size: RDS does not offer db.m6i.large with PostgreSQL 17.6 and gp3 storage in this "
     "region; choose another size"),
    ([], {"postgresVersion": "18"}, "size: RDS does not offer db.m6i.large with PostgreSQL 18.1"),
    ([], {"restoreFrom": {"snapshot": "snap-1"}}, "size: RDS does not offer db.m6i.large with"),
    (["us-east-1b"], {"running": {"dbInstanceClass": "db.t4g.large"}},
     "size: RDS offers db.m6i.large with PostgreSQL 17.6 and gp3 storage in us-east-1b, and not "
     "in us-east-1a"),
    ([], {"running": SIXTEEN | {"engineVersion": "16.10"}, "postgresVersion": "17",
          "applyImmediately": True},
     "size: RDS does not offer db.m6i.large with PostgreSQL 17.9"),
]  # fmt: skip


@pytest.mark.parametrize(("zones", "settings", "line"), NOT_OFFERED)
def test_class_that_the_zone_does_not_offer_is_refused(
    cloud: Aws, zones: list[str], settings: dict[str, Any], line: str
) -> None:
    cloud.offered["db.m6i.large"] = zones
    (said,) = cloud.refuses(**settings)
    assert said.startswith(line)


def test_class_of_a_live_instance_is_not_asked_for_again(cloud: Aws) -> None:
    cloud.offered["db.m6i.large"] = []
    assert cloud.run(running={}), "RDS keeps classes that it sells no longer"


def test_class_is_compared_with_the_zone_after_a_failover(cloud: Aws) -> None:
    cloud.offered["db.m6i.xlarge"] = ["us-east-1b"]
    assert cloud.run(running={"availabilityZone": "us-east-1b"}, size="medium")


def test_other_master_login_is_adopted(cloud: Aws) -> None:
    server = cloud.run(running={"masterUsername": "postgres"})
    assert server["username"] == "postgres", "another one would replace the instance"
    secret = cloud.named("postgres-database-credentials").plain["stringData"]
    assert secret["username"] == "postgres"


def test_master_login_of_a_source_instance_is_adopted(cloud: Aws) -> None:
    cloud.instances["one"] = SOURCE | {"masterUsername": "postgres"}
    assert cloud.run(restoreFrom={"instance": "one"})["username"] == "postgres"


def test_master_login_of_a_snapshot_is_known_once_it_is_restored(cloud: Aws) -> None:
    cloud.restored_login = "root_login"
    assert cloud.run(restoreFrom={"snapshot": "snap-1"})["username"] == "coder_admin"
    secret = cloud.named("postgres-database-credentials").plain["stringData"]
    assert secret["username"] == "root_login"
