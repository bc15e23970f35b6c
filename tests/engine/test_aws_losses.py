"""Updates that could lose or orphan an RDS instance are refused, or can be repaired."""

import shlex
from pathlib import Path

import pytest

from tests.engine.aws import AwsStack
from tests.engine.cloud import INSTANCE, changes

PARAMETERS = {"parameters": {"log_min_duration_statement": "1000"}}


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> AwsStack:
    return AwsStack(tmp_path / "coder", engine)


def test_lost_state_creates_no_second_instance(
    stack: AwsStack, engine: dict[str, str], tmp_path: Path
) -> None:
    stack.up()
    (tmp_path / "again").mkdir()
    forgetful = AwsStack(tmp_path / "again" / "coder", engine)
    forgetful.environment["SANDBOX_CLOUDS"] = stack.environment["SANDBOX_CLOUDS"]
    name = stack.instance()["identifier"]
    for words in (("preview",), ("up", "--yes", "--skip-preview")):
        said = forgetful.fails(*words)
        assert (
            f"Refusing to create a second, empty instance: {name} already belongs to this" in said
        )
    assert stack.instance()["identifier"] == name


def test_a_restored_copy_with_the_labels_stops_only_a_stack_without_its_state(
    stack: AwsStack,
) -> None:
    stack.up()
    own = stack.instance()["identifier"]
    stack.restore_drill("drill")
    said = stack.up()
    assert "drill has the label coder:stack=coder/dev and is not this stack's instance" in said
    assert not changes(said)
    stack._good("state", "delete", "--all", "--force", "--yes")
    said = stack.fails("preview")
    assert f"drill, {own} all carry the label coder:stack=coder/dev" in said


def test_instance_of_a_killed_update_is_imported_as_the_error_says(
    stack: AwsStack,
) -> None:
    stack.killed("backing-up", "up", "--yes", "--skip-preview")
    made = stack.instance()["resourceId"]
    said = stack.fails("preview")
    command = said.partition("take it back: pulumi ")[2].splitlines()[0]
    imported = stack._good(*shlex.split(command), "--yes", "--skip-preview")
    assert "warning" not in imported
    assert "updated" in changes(stack.up())
    assert not changes(stack.up())
    assert stack.instance()["resourceId"] == made
    assert stack.instance()["deletionProtection"] is True


def test_upgrade_with_parameters_must_be_immediate(stack: AwsStack) -> None:
    stack.set(postgresVersion="16", server=PARAMETERS).up()
    said = stack.refuses(postgresVersion="17")
    assert "which can be deleted only after the upgrade" in said
    stack.set(postgresVersion="17", applyImmediately=True).up()
    (group,) = stack.account()["parameterGroups"].values()
    assert group["family"] == "postgres17"
    assert stack.instance()["parameterGroupName"] == group["name"]


def test_removed_parameters_delete_their_group(stack: AwsStack) -> None:
    stack.set(server=PARAMETERS).up()
    said = stack.set(server={}).up()
    assert "take effect only after a manual reboot" in said
    assert stack.account()["parameterGroups"] == {}
    assert stack.instance()["parameterGroupName"] == "default.postgres17"
    assert not changes(stack.up())


def test_autoscaled_storage_is_not_a_change(stack: AwsStack) -> None:
    stack.up()
    stack.happens(allocatedStorage=128)
    stack.refresh()
    assert changes(stack.set(labels={"team": "x"}).up()) == {"updated"}
    assert stack.instance()["allocatedStorage"] == 128
    assert stack.resource(INSTANCE)["outputs"]["allocatedStorage"] == 128


def test_unsuitable_snapshot_is_refused(stack: AwsStack) -> None:
    stack.set(protect=False).up()
    stack.set(protect=False)._good("destroy", "--yes", "--skip-preview")
    (snapshot,) = stack.account()["snapshots"]
    said = stack.refuses(restoreFrom={"snapshot": snapshot}, postgresVersion="18", storageGb=20)
    assert f"postgresVersion: is 18, but snapshot {snapshot} has 17" in said
    assert f"storageGb: is 20, but snapshot {snapshot} has 64" in said
