"""Operations of a simulated cloud's instance `one` that are interrupted."""

import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.providers.cloud.base import Cloud, Kind
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation


def begin(cloud: Cloud, kind: Kind, process: str, **details: Any) -> None:
    """Store an operation of the instance as if that process had begun it."""
    with cloud.transaction() as data:
        instance = data["instances"]["one"]
        cloud.begin(instance, kind, **details)
        instance["work"]["process"] = process


def cancel(
    cloud: Cloud, op: Operation, action: Callable[[Operation], Any], status: str
) -> Exception:
    """The error of an operation that is cancelled when the instance has this status."""
    said: list[Exception] = []

    def run() -> None:
        try:
            action(op)
        except Failure as error:
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    end = time.monotonic() + 5
    while cloud.read()["instances"].get("one", {}).get("status") != status:
        assert time.monotonic() < end, f"the instance was never {status}"
        time.sleep(0.005)
    op.engine.cancelled.set()
    thread.join()
    return said[0]
