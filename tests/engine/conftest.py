"""A real engine with a backend of its own, and programs for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engine import home, wrappers
from tests import permissions
from tests.engine.cloud import CloudStack
from tests.engine.stack import Stack


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, charts_url: str) -> dict[str, str]:
    """The environment of a CLI that has nothing but our plugins, and where the charts are."""
    state = tmp_path_factory.mktemp("pulumi")
    environment = home.environment(state)
    wrappers.install_plugin("toy", "1.0.0", "tests.engine.toy", state / "home")
    return environment | {"CHARTS_URL": charts_url}


@pytest.fixture
def stack(engine: dict[str, str], tmp_path: Path) -> Stack:
    return Stack(tmp_path / "engine", engine)


@pytest.fixture(autouse=True)
def _permissions(tmp_path: Path) -> Iterator[None]:
    """Fail if a request to a simulated cloud needed what no file in permissions/ grants."""
    yield
    for stack in CloudStack.made:  # also those that the tests of a module share
        stack.check_permissions()
    permissions.check(tmp_path / "clouds")
