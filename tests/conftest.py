"""What all tests share: where the project is, and a sandbox apart from the one of `make up`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("CODER_SANDBOX_INSTANCE", "1")

ROOT = Path(__file__).parent.parent
EXPORTS = {
    "contractVersion",
    "accessUrl",
    "address",
    "namespace",
    "databaseHost",
    "databasePort",
    "databaseName",
    "databaseUser",
    "databaseSslMode",
    "databaseZone",
    "passwordSecretName",
    "chart",
    "chartVersion",
}
"""The outputs that other stacks build on."""


@pytest.fixture(scope="session", autouse=True)
def _project_directory() -> Iterator[None]:
    """Run from the project's directory, as the engine runs the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield
