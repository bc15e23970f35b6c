"""The project as `pulumi new` makes it from this repository."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import ROOT

_NOT_COMMITTED = shutil.ignore_patterns(
    ".git", "venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".charts", "*.egg-info"
)


def new(folder: Path, environment: Mapping[str, str], *words: str) -> Path:
    """Run `pulumi new` on a copy of what is committed; returns the new project's folder."""
    project = folder / "project"
    project.mkdir()
    command = ["pulumi", "new", str(copy(folder)), "--yes", *words]
    done = subprocess.run(
        command, cwd=project, env=dict(environment), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make preview STACK=" in done.stdout, "it says how to go on"
    # What `make install` would make.
    for place in (project, project / "policy"):
        (place / "venv").symlink_to(ROOT / "venv")
    return project


def copy(folder: Path) -> Path:
    """A copy of what is committed."""
    template = folder / "template"
    shutil.copytree(ROOT, template, ignore=_NOT_COMMITTED)
    return template


def make(
    project: Path, environment: Mapping[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the new project's Makefile; its packages are installed."""
    ours = {key: value for key, value in environment.items() if not key.startswith("MAKE")}
    command = ["make", "--old-file=venv/installed", "--old-file=venv/program", *words]
    return subprocess.run(command, cwd=project, env=ours, capture_output=True, text=True)
