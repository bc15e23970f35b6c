"""An update that is killed while it creates an RDS instance."""

import os
import subprocess
import sys

from tests.conftest import ROOT
from tests.sandbox.aws import on_rds
from tests.sandbox.conftest import MakeAws
from tests.sandbox.stack import kill, wait


def test_recover_adopts_an_instance_whose_creation_was_killed(make_aws: MakeAws) -> None:
    stack = make_aws("rds-killed", protect=True)
    command = stack.command("up", "--yes", "--skip-preview")
    slow = os.environ | {"SANDBOX_CLOUD_SECONDS": "60"}
    update = subprocess.Popen(command, cwd=ROOT, env=slow, stdout=subprocess.DEVNULL)
    try:
        wait("the instance", lambda: "backing-up" in [each["status"] for each in stack.instances])
    finally:
        kill(update.pid)
        update.wait()
    made = stack.instance["resourceId"]
    recover = [sys.executable, "-m", "sandbox", "recover", stack.name]
    done = subprocess.run(recover, cwd=ROOT, timeout=300, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was imported as" in done.stdout, done.stdout
    stack.up()
    assert stack.instance["resourceId"] == made
    on_rds(stack)
    stack.unchanged()
