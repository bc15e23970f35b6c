"""`policy/venv` is a link to the project's virtualenv, unless the policy pack has its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.engine import policy_virtualenv
from sandbox.machine import paths
from tests.conftest import ROOT


def test_policy_pack_uses_our_virtualenv_unless_it_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    own = tmp_path / "policy" / "venv"
    own.parent.mkdir()
    for _ in range(2):
        policy_virtualenv.link_virtualenv()
        assert own.resolve() == Path(sys.prefix).resolve()
    own.unlink()
    own.symlink_to("gone")
    policy_virtualenv.link_virtualenv()
    assert own.exists()
    own.unlink()
    own.mkdir()
    policy_virtualenv.link_virtualenv()
    assert not own.is_symlink()


def test_make_install_links_it_also_over_a_link_that_dangles(tmp_path: Path) -> None:
    """It has the program's packages only, and no sandbox that is set up."""
    project, virtualenv = tmp_path / "project", tmp_path / "project" / "venv"
    unwanted = shutil.ignore_patterns("venv", "__pycache__")
    for folder in ("policy", "sandbox"):
        shutil.copytree(ROOT / folder, project / folder, ignore=unwanted)
    for file in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / file, project)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", virtualenv], check=True)
    pip = virtualenv / "bin" / "pip"
    pip.write_text("#!/bin/sh\n")
    pip.chmod(0o755)
    link = project / "policy" / "venv"
    link.symlink_to("gone")
    # not the flags of a `make test` that runs this test
    environment = {key: value for key, value in os.environ.items() if key != "MAKEFLAGS"}
    command = ["make", "install"]
    subprocess.run(command, cwd=project, env=environment, check=True, capture_output=True)
    assert link.resolve() == virtualenv.resolve()
