"""What RDS does to an instance once it is asked to, whether or not anybody waits for it.

The record says what is under way and which process does it. Where that process is gone, whoever
looks at the account next does the rest.
"""

import datetime
import os
from pathlib import Path
from typing import Any

from sandbox.providers.aws import instance_state, servers
from sandbox.providers.aws.account import Cloud, Data, seconds
from sandbox.providers.framework.operation import Failure, Operation


def begin(record: Data, status: str, **what: Any) -> None:
    """Write down what is begun, and by whom."""
    record["status"] = status
    record["work"] = {**what, "process": _process(os.getpid())}


def wait(op: Operation, cloud: Cloud, identifier: str) -> None:
    """Wait as long as it takes; it is done even where the wait is cut short."""
    try:
        op.sleep(seconds())
    finally:
        finish(cloud, identifier)


def finish(cloud: Cloud, identifier: str) -> None:
    """Do what was begun; what can't be done leaves the instance as it was."""
    record = cloud.look()["instances"][identifier]
    try:
        match record["status"]:
            case "creating":
                drop(cloud, record)
            case "modifying":
                instance_state.apply(cloud, identifier, record["work"]["asked"])
            case "deleting":
                if last := record["work"]["snapshot"]:
                    keep(cloud, record, last)
                drop(cloud, record)
            case _:
                servers.chosen().start(record)
                instance_state.put(cloud, identifier, status="available", work=None)
    except Failure:
        instance_state.put(cloud, identifier, status="available", work=None)
        raise


def keep(cloud: Cloud, record: Data, name: str) -> None:
    """Keep a snapshot of what the server holds now, and leave the server stopped."""
    kept = cloud.look()["snapshots"].get(name, {})
    if kept.get("resourceId") == record["resourceId"]:
        return
    servers.chosen().snapshot(record, name)
    now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    with cloud.change() as data:
        data["snapshots"][name] = {**record, "status": "available", "work": None, "created": now}


def drop(cloud: Cloud, record: Data) -> None:
    """Delete the instance and all that it holds."""
    servers.chosen().delete(record)
    with cloud.change() as data:
        data["instances"].pop(record["identifier"], None)


def finish_abandoned(cloud: Cloud) -> None:
    """Do what was begun by processes that are gone."""
    for identifier, record in cloud.look()["instances"].items():
        if record.get("work") and _take_over(cloud, identifier):
            finish(cloud, identifier)


def _take_over(cloud: Cloud, identifier: str) -> bool:
    with cloud.change() as data:
        work = data["instances"].get(identifier, {}).get("work")
        if not work or work["process"] == _process(int(work["process"].partition(":")[0])):
            return False
        work["process"] = _process(os.getpid())
        return True


def _process(pid: int) -> str:
    """The process's id and start, for an id alone may be another's by now; empty if it is gone."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == "Z" else f"{pid}:{fields[18]}"
