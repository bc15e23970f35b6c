"""The tests. This module chooses the sandbox of a worker before any test imports `sandbox`."""

import os
import sys

# Compiled once, the providers' SDKs load in a second instead of five, in every program of a test.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

WORKER = os.environ.get("PYTEST_XDIST_WORKER")
FIRST_INSTANCE = int(os.environ.setdefault("CODER_SANDBOX_INSTANCE", "1"))


def sandbox_instance(worker: str | None) -> str:
    """The sandbox of a worker; that of `make up` is another."""
    return str(FIRST_INSTANCE + int((worker or "gw0").removeprefix("gw")))


if WORKER:
    os.environ["CODER_SANDBOX_INSTANCE"] = sandbox_instance(WORKER)
