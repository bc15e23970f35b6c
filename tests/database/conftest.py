"""Servers of each major version; every test finds its server as if it were new."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.database.server import RealServer


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], RealServer]]:
    running: dict[str, RealServer] = {}

    def server(major: str) -> RealServer:
        if major not in running:
            # Not pytest's own directory: a Unix socket's path has at most 107 characters.
            running[major] = RealServer(major, Path(tempfile.mkdtemp(prefix="coder-postgres-")))
        return running[major]

    yield server
    for each in running.values():
        each.stop()


@pytest.fixture
def server(servers: Callable[[str], RealServer], request: pytest.FixtureRequest) -> RealServer:
    """PostgreSQL 17, or the version that the test's parameter names."""
    found = servers(getattr(request, "param", "17"))
    found.reset()
    return found
