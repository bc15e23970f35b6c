"""What all tests share: where the project is, and a sandbox apart from the one of `make up`."""

import os
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


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
