"""After a change that RDS refused, no update ends well while RDS has something else."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.engine.aws import AwsStack
from tests.engine.cloud import INSTANCE, changes


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> AwsStack:
    return AwsStack(tmp_path / "coder", engine)


def refused(stack: AwsStack, **settings: Any) -> str:
    """An update while RDS changes nothing, because the instance is busy."""
    stack.happens(status="backing-up")
    said = stack.set(**settings).fails("up", "--yes", "--skip-preview")
    assert "InvalidDBInstanceState" in said
    stack.happens(status="available")
    return said


def test_refused_change_is_asked_for_again_after_a_refresh(stack: AwsStack) -> None:
    stack.set(applyImmediately=True).up()
    said = refused(stack, size="medium", backupDays=9)
    assert "1 error occurred:" in said
    assert stack.resource(INSTANCE)["outputs"]["instanceClass"] == "db.m6i.xlarge"
    said = stack.fails("up", "--yes", "--skip-preview")
    assert "has db.m6i.large and the state db.m6i.xlarge: RDS refused the change" in said
    assert "backupDays: instance" in said
    assert "type `pulumi refresh`, then `pulumi up`" in said
    stack.refresh()
    stack.up()
    now = stack.instance()
    assert (now["instanceClass"], now["backupRetentionPeriod"]) == ("db.m6i.xlarge", 9)
    refused(stack, storageGb=100, highAvailability=True, postgresVersion="18")
    said = stack.fails("preview")
    assert {"storageGb:", "highAvailability:"} <= set(said.split())
    assert "postgresVersion: the last update failed, only the state has its value" in said
    stack.set(storageGb=64, highAvailability=False, postgresVersion="17").up()
    assert not changes(stack.up()), "what is withdrawn needs no refresh"


def test_refused_admin_password_has_a_way_out_also_after_a_refresh(stack: AwsStack) -> None:
    stack.up()
    refused(stack, passwordGeneration=2)
    said = stack.fails("up", "--yes", "--skip-preview")
    assert "passwordGeneration: RDS refused the new password of the admin login" in said
    stack.refresh()
    assert not changes(stack.up()), "now only the Job of the roles can tell"
    (words,) = set(re.findall(r"`pulumi (up --.*?)`", " ".join(said.split())))
    said = stack._good(*shlex.split(words), "--yes", "--skip-preview")
    assert "+-1 replaced" in said, "the password"
    assert changes(said) == {"updated"}, "the instance"
    assert not changes(stack.up())


def edit(stack: AwsStack, kind: str, **values: str) -> None:
    """Change what the account stores of the only group of a kind."""
    account = stack.account()
    (group,) = account[kind].values()
    group |= values
    stack._account.write_text(json.dumps(account))


def test_refused_parameter_is_asked_for_by_the_second_next_update(stack: AwsStack) -> None:
    stack.set(server={"parameters": {"work_mem": "4096"}}).up()
    edit(stack, "parameterGroups", family="postgres9")
    stack.set(server={"parameters": {"work_mem": "8192"}})
    assert "modifying RDS DB Parameter Group" in stack.fails("up", "--yes", "--skip-preview")
    edit(stack, "parameterGroups", family="postgres17")
    said = stack.fails("up", "--yes", "--skip-preview")
    assert "server.parameters.work_mem: is 8192, and the parameter group in RDS has 4096" in said
    assert changes(stack.up()) == {"updated"}
    (group,) = stack.account()["parameterGroups"].values()
    assert group["parameters"][0]["value"] == "8192"
