"""The sample stacks keep the rules of the policy pack, with all that they deploy."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.sandbox.stack import POLICIES


@pytest.mark.parametrize("stack", ["aws", "azure", "gcp", "existing"])
@pytest.mark.usefixtures("sandbox_up")
def test_sample_stack_passes(stack: str) -> None:
    command = [sys.executable, "-m", "sandbox", "pulumi", "preview", "--stack", stack, *POLICIES]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_COLOR": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert "✅ coder@v1.0.0 (local: policy)" in done.stdout, "no rule is broken"
