"""A real engine with a backend of its own, and programs for it."""

import os
import shutil
from pathlib import Path

import pytest

from sandbox.engine import home, wrappers
from sandbox.machine import paths
from tests.engine.stack import Stack


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, charts_url: str) -> dict[str, str]:
    """The environment of a CLI that has nothing but our plugins, and where the charts are."""
    state = tmp_path_factory.mktemp("pulumi")
    if not shutil.which("pulumi", path=f"{paths.BIN}{os.pathsep}{os.environ['PATH']}"):
        pytest.fail("pulumi is not built: run `python -m sandbox setup`")
    environment = home.environment(state)
    wrappers.install_plugin("toy", "1.0.0", "tests.engine.toy", state / "home")
    return environment | {"CHARTS_URL": charts_url}


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> Stack:
    return Stack(tmp_path / "engine", engine)
