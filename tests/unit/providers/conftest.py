"""A simulated account without servers for each test."""

import subprocess
from pathlib import Path

import pytest

from sandbox.providers.cloud import processes
from tests.unit.providers import aws


@pytest.fixture(autouse=True)
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An AWS account with a subnet group `two`."""
    monkeypatch.setenv("SANDBOX_CLOUDS", str(tmp_path))
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0")
    monkeypatch.setenv("SANDBOX_CLOUD_SERVERS", "none")
    aws.SUBNETS.create(aws.operation(), {"name": "two", "subnetIds": aws.PRIVATE})


@pytest.fixture(scope="session")
def dead() -> str:
    """The identity of a process that was killed."""
    process = subprocess.Popen(["sleep", "60"])
    found = processes.identity(process.pid)
    process.kill()
    process.wait()
    return found
