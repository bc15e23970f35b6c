"""`python -m recovery` after the engine was killed, with the environment of the stack's folder."""

import subprocess
import sys

import pytest

from tests.engine.aws import AwsStack
from tests.engine.cloud import INSTANCE, changes
from tests.engine.stack import Stack


@pytest.fixture(scope="module")
def stack(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> AwsStack:
    """One stack, whose updates are killed one after the other."""
    return AwsStack(tmp_path_factory.mktemp("recovery") / "coder", engine)


def recovery(stack: Stack, *words: str, code: int = 0) -> str:
    """Run it without a terminal; its two streams come as one."""
    done = subprocess.run(
        [sys.executable, "-m", "recovery", "--stack", "dev", *words],
        cwd=stack.folder,
        env=stack.environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def test_missing_server_leaves_no_trace_in_the_state(stack: AwsStack) -> None:
    stack.kill("backing-up", "up", "--yes", "--skip-preview")
    stack.trigger("delete")
    assert stack.pending_operations()
    assert "it does not exist" in recovery(stack, "--yes")
    assert not stack.pending_operations()
    assert not stack.account()["instances"]


def test_existing_server_is_imported(stack: AwsStack) -> None:
    stack.kill("backing-up", "up", "--yes", "--skip-preview")
    made = stack.instance()
    assert "Run it again with --yes" in recovery(stack, code=1)
    said = recovery(stack, "--yes")
    assert "that process has ended" in said
    assert f"was imported as {made['identifier']}" in said
    assert stack.resource(INSTANCE)["protect"] is True
    assert "nothing to repair" in recovery(stack)
    assert changes(stack.up()) == {"updated"}
    assert not changes(stack.up())
    assert stack.instance()["resourceId"] == made["resourceId"]
    assert stack.instance()["deletionProtection"] is True


def test_killed_update_and_destroy_can_be_run_again(stack: AwsStack) -> None:
    stack.set(protect=False).up()
    stack.set(size="medium", applyImmediately=True)
    stack.kill("modifying", "up", "--yes", "--skip-preview")
    names = {"venv/bin/python": sys.executable, "--stack prod": "--stack dev"}
    said = stack.follow("Recover from a killed update", names)
    assert "Would release the lock" in said
    assert "was interrupted while updating" in said
    assert "interrupted" not in said.partition("$ pulumi up")[2]
    assert stack.instance()["instanceClass"] == "db.m6i.xlarge"
    stack.kill("deleting", "destroy", "--yes", "--skip-preview")
    assert "was interrupted while deleting" in recovery(stack, "--yes")
    stack._good("destroy", "--yes", "--skip-preview")
    assert not stack.account()["instances"]
