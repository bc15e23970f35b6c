"""A project that `pulumi new` made, and its stack's preview for a pull request from a fork."""

import shutil
from pathlib import Path

import pytest

from sandbox.engine import home
from tests import project


@pytest.mark.usefixtures("sandbox_up")
def test_new_project_is_previewed_without_credentials(tmp_path: Path) -> None:
    environment = home.environment() | {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    own = project.new(tmp_path, environment, "--generate-only")
    shutil.copy(own / "Pulumi.gcp.yaml", own / "Pulumi.prod.yaml")
    text = (own / "Pulumi.prod.yaml").read_text()
    done = project.make(own, environment, "simulated-comment", "STACK=prod")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sandbox: gcp:project = " in done.stderr
    written = (tmp_path / "summary.md").read_text()
    assert written.startswith("Made in a simulated account, without credentials")
    assert "### Preview of stack `prod`" in written
    assert "`postgres-server`" in written
    assert "`coder-release`" in written
    assert (own / "Pulumi.prod.yaml").read_text() == text
