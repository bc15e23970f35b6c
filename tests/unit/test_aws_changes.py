"""Refusals and messages of an RDS instance's hooks, called as the engine calls them."""

from typing import Any
from unittest import mock

import pulumi
import pytest

from components.aws.instance import snapshot_prefix
from components.aws.policy import POLICY
from tests.unit.aws import KEY, RUNNING, SOURCE, Aws

SERVER = {
    "identifier": "postgres-server1a2b3c4",
    "dbSubnetGroupName": "subnets",
    "allocatedStorage": 100.0,
    "maxAllocatedStorage": 256.0,
    "instanceClass": "db.m6i.large",
    "engineVersion": "17",
    "multiAz": False,
    "applyImmediately": False,
    "parameterGroupName": "default.postgres17",
    "availabilityZone": "us-east-1a",
    "tags": {"coder:zone": "us-east-1a"},
}
"""Inputs as the engine passes them to a hook: numbers are floats."""


@pytest.fixture
def cloud() -> Aws:
    return Aws()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"dbSubnetGroupName": "other"}, "network: the instance would move to another subnet group"),
    ({"identifier": "other"}, "The instance would be renamed"),
    ({"tags": {"coder:zone": "us-east-1b"}},
     "zone: is us-east-1b and was us-east-1a, and RDS cannot move it; type `pulumi config "
     "set zone us-east-1a`"),
    ({"multiAz": True, "instanceClass": "db.m6i.xlarge"},
     "highAvailability: a standby and another size in one update move the server"),
    ({"allocatedStorage": 64.0, "maxAllocatedStorage": 64.0},
     "storageGb: is 64 and was 100, and storage never shrinks; type `pulumi config set storageGb "
     "100`"),
    ({"allocatedStorage": 105.0}, "storageGb: is 105 and was 100, must be 110 or more"),
]  # fmt: skip


def refusals(old: dict[str, Any], new: dict[str, Any], *, protect: bool = True) -> list[str]:
    """The lines of all rules that the update breaks."""
    rules = [rule for rule in POLICY.rules if protect or rule.impossible]
    return [line for rule in rules if (line := rule.validate_update(old, new))]


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize(("changes", "line"), REFUSED)
def test_impossible_changes_are_always_refused(
    changes: dict[str, Any], line: str, protect: bool
) -> None:
    (said,) = refusals(SERVER, SERVER | changes, protect=protect)
    assert said.startswith(line)


def test_all_broken_rules_are_reported_together(cloud: Aws) -> None:
    cloud.run()
    changes = {"identifier": "x", "allocatedStorage": 105.0, "multiAz": False}
    old = SERVER | {"multiAz": True}
    lines = refused(cloud, "before_update", old=old, new=old | changes, state=old).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "The instance would be renamed, and Coder would lose its address; "
        "undo the change of its name",
        "storageGb",
        "highAvailability",
    ]


def test_standby_is_deleted_only_if_the_stack_is_unprotected() -> None:
    with_standby = SERVER | {"multiAz": True}
    (line,) = refusals(with_standby, SERVER)
    assert line.startswith("highAvailability: is false and was true, and the standby would be")
    assert "pulumi config set protect false" in line
    assert refusals(with_standby, SERVER, protect=False) == []


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"multiAz": True},
    {"instanceClass": "db.m6i.xlarge"},
    {"allocatedStorage": 110.0},
    {"allocatedStorage": 64.0},  # storage autoscaling has grown it
    {"tags": {"coder:zone": "us-east-1a", "team": "x"}},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_allowed_updates_are_accepted(changes: dict[str, Any]) -> None:
    assert refusals(SERVER, SERVER | changes) == []


def test_zone_after_a_failover_can_be_set_as_the_servers_zone() -> None:
    moved = SERVER | {"availabilityZone": "us-east-1b"}
    assert refusals(moved, moved | {"tags": {"coder:zone": "us-east-1b"}}) == []


def refused(cloud: Aws, kind: str, *, old: Any = None, new: Any = None, state: Any = None) -> str:
    return cloud.refused_by_hooks(kind, old_inputs=old, new_inputs=new, old_outputs=state)


def test_instance_hook_refuses_an_update(cloud: Aws) -> None:
    cloud.run()
    assert "renamed" in refused(
        cloud, "before_update", old=SERVER, new=SERVER | {"identifier": "x"}, state=SERVER
    )


def test_first_instance_must_be_created_without_a_standby(cloud: Aws) -> None:
    cloud.run()
    cloud.call_hooks("before_create", new_inputs=SERVER)
    cloud = Aws()
    cloud.run(highAvailability=True, protect=False)
    line = refused(cloud, "before_create", new=SERVER)
    assert line == (
        "highAvailability: is true, but RDS cannot create an instance with both a standby and a "
        "chosen zone; type `pulumi config set highAvailability false` and `pulumi up`, then set "
        "it to true: the instance keeps its zone"
    )


def test_second_instance_is_refused_while_one_exists(cloud: Aws) -> None:
    cloud.run(running={})
    line = refused(cloud, "before_create", new=SERVER)
    assert line.startswith(
        "Refusing to create a second, empty instance: postgres-server1a2b3c4 already belongs to "
        "this stack."
    )
    assert "server.kmsKeyId" in line
    assert "another team's stack has the same name: rename this stack" in line
    assert "`python -m recovery --stack dev`" in line
    assert line.endswith(
        "pulumi import type name postgres-server1a2b3c4 --parent "
        "postgres=urn:pulumi:dev::coder::coder:aws:Postgres::postgres --generate-code=false"
    )
    cloud = Aws()
    cloud.run(running={}, protect=False)
    cloud.call_hooks("before_create", new_inputs=SERVER)


def test_deletion_or_replacement_is_refused_with_its_cause(cloud: Aws) -> None:
    cloud.run()
    line = refused(cloud, "before_delete", old=SERVER)
    assert line.startswith(
        "protected: this update would delete or replace it: another server.kmsKeyId or region"
    )


def said(cloud: Aws, new: dict[str, Any], state: dict[str, Any] | None = None) -> list[str]:
    """The messages of an update in place."""
    old = SERVER | (state or {})
    return cloud.said_by_hooks(
        "before_update", old_inputs=SERVER, new_inputs=SERVER | new, old_outputs=old
    )


def test_deferred_changes_are_announced(cloud: Aws) -> None:
    cloud.run()
    assert said(cloud, {}) == []
    assert said(cloud, {"instanceClass": "db.m6i.xlarge", "multiAz": False}) == [
        "Changes of size wait for the maintenance window (sun:04:30-sun:05:30 UTC): `pulumi up` "
        "finishes first, and RDS applies them in the window; to apply them now, type `pulumi "
        "config set applyImmediately true`"
    ]
    (line,) = said(cloud, {"engineVersion": "18", "allocatedStorage": 200.0})
    assert line.startswith("Changes of storageGb, postgresVersion wait for")


def test_changes_still_pending_are_announced_again(cloud: Aws) -> None:
    cloud.run()
    (line,) = said(cloud, {}, state={"instanceClass": "db.m5.large"})
    assert line.startswith("Changes of size wait for")
    assert said(cloud, {}, state={"engineVersion": "17.6", "allocatedStorage": 128.0}) == []


def test_immediate_changes_are_announced_with_the_pending_ones(cloud: Aws) -> None:
    cloud.run(applyImmediately=True)
    lines = said(cloud, {"multiAz": True, "applyImmediately": True})
    assert lines == [
        "Changes of highAvailability are made now and may interrupt Coder (applyImmediately is "
        "true)",
        "applyImmediately: changes that still wait for the maintenance window are made now, too",
    ]


def test_new_parameter_group_announces_a_reboot(cloud: Aws) -> None:
    cloud.run(running={})
    (line,) = said(cloud, {"parameterGroupName": "own"})
    assert line.startswith(
        "server.parameters: take effect only after a manual reboot (the instance gets another"
    )
    assert line.endswith(f"--db-instance-identifier {RUNNING['dbInstanceIdentifier']}")
    upgraded = {"parameterGroupName": "own", "engineVersion": "18"}
    assert not [each for each in said(cloud, upgraded) if "reboot" in each], "an upgrade has one"


def test_changed_static_parameters_announce_a_reboot(cloud: Aws) -> None:
    parameters = {"max_connections": 500, "work_mem": "8192"}
    cloud.run(running={}, server={"parameters": parameters})
    group = cloud.named("postgres-parameters")
    (hook,) = group.hooks["before_update"]

    def update(name: str) -> list[str]:
        new = [
            each | {"value": "1000"} if each["name"] == name else each
            for each in group.plain["parameters"]
        ]
        with mock.patch("pulumi.info") as info:
            cloud.hooks[hook].callback(
                pulumi.ResourceHookArgs(
                    *("urn", "id", "name", "type"),
                    new_inputs={"parameters": new},
                    old_inputs=group.plain,
                )
            )
        return [each.args[0] for each in info.call_args_list]

    assert update("work_mem") == []
    (line,) = update("max_connections")
    assert "(max_connections)" in line


@pytest.mark.parametrize(
    ("stack", "prefix"),
    [
        ("coder/dev", "coder-coder-dev-final-"),
        ("coder/a_b.c-", "coder-coder-a-b-c-final-"),
        ("c--d/e", "coder-c-d-e-final-"),
    ],
)
def test_final_snapshot_name_is_valid_for_any_stack_name(stack: str, prefix: str) -> None:
    assert snapshot_prefix(stack) == prefix


UNSUITABLE_SOURCES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"engineVersion": "16.10"}, {},
     "postgresVersion: is 17, but {} has 16, and so does the server restored from it; type "
     "`pulumi config set postgresVersion 16`, and upgrade afterwards"),
    ({"allocatedStorage": 80}, {},
     "storageGb: is 64, but {} has 80, and storage never shrinks; type `pulumi config set "
     "storageGb 80`"),
    ({"encrypted": False, "storageEncrypted": False}, {}, "restoreFrom: {} is not encrypted"),
    ({"kmsKeyId": f"{KEY}0"}, {"server": {"kmsKeyId": KEY}},
     f"server.kmsKeyId: is {KEY}, but {{}} is encrypted with {KEY}0; set it to that"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "settings", "line"), UNSUITABLE_SOURCES)
@pytest.mark.parametrize("kind", ["snapshot", "instance"])
def test_unsuitable_restore_source_is_refused(
    cloud: Aws, kind: str, source: dict[str, Any], settings: dict[str, Any], line: str
) -> None:
    cloud.snapshots["one"] = cloud.instances["one"] = SOURCE | source
    (said,) = cloud.refuses(restoreFrom={kind: "one"}, **settings)
    assert said.startswith(line.format(f"{kind} one"))


def test_unavailable_or_missing_snapshot_is_refused(cloud: Aws) -> None:
    cloud.snapshots["one"] = SOURCE | {"status": "creating"}
    (line,) = cloud.refuses(restoreFrom={"snapshot": "one"})
    assert line == "restoreFrom.snapshot: one is creating; wait until it is available"
    (line,) = Aws().refuses(restoreFrom={"snapshot": "none"})
    assert line.startswith("restoreFrom.snapshot: none can't be found: reading RDS DB Snapshot")


def test_source_instance_needs_another_login_than_coders_roles_and_backups(cloud: Aws) -> None:
    other = {"masterUsername": "coder", "backupRetentionPeriod": 0}
    cloud.instances["one"] = SOURCE | other
    master, backups = cloud.refuses(restoreFrom={"instance": "one"})
    assert master.startswith("restoreFrom.instance: the master login of one is coder, the name of")
    assert backups.startswith("restoreFrom.instance: one keeps no backups")


def test_restore_source_is_ignored_once_the_instance_exists(cloud: Aws) -> None:
    assert cloud.run(running={}, restoreFrom={"snapshot": "gone"})
