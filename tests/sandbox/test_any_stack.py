"""`make preview` of stacks that name a cluster, a network and secrets of their own."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

STACKS = ROOT / "tests" / "data" / "stacks"
EXPECTED = {
    "aws-restored": "Secret developer-tools/company-registry is created in the cluster",
    "existing-login": "existing.password = [secret, generated in place of the encrypted one]",
    "existing-prod": "existing.adminPassword = [secret, the sandbox's own]",
}
"""A line that the preview of each prints; tests/engine has the stacks that need no cluster."""


@pytest.mark.usefixtures("sandbox_up")
@pytest.mark.parametrize("name", EXPECTED)
def test_whole_program_can_be_previewed(name: str) -> None:
    file = STACKS / f"Pulumi.{name}.yaml"
    text = file.read_text()
    command = [sys.executable, "-m", "sandbox", "pulumi", "preview", "--stack", name]
    command += ["--config-file", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"sandbox: {EXPECTED[name]}" in done.stderr
    assert "kubernetes:helm.sh/v3:Release" in done.stdout
    assert file.read_text() == text
