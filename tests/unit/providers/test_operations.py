"""Operations complete even if their process dies or is cancelled."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from components.aws.recovery import IMPORT_IDS
from sandbox import SandboxError
from sandbox.providers.cloud import events
from sandbox.providers.cloud.base import Kind
from sandbox.providers.cloud.servers import Servers
from sandbox.providers.framework.errors import Failure, InitFailed
from tests.unit.providers import interrupted
from tests.unit.providers.aws import INSTANCE, REGION, checked, make, operation, record

Data = dict[str, Any]


def instances() -> Data:
    return REGION.recover().read()["instances"]


def begun(kind: Kind, process: str, **details: Any) -> None:
    interrupted.begin(REGION, kind, process, **details)


def test_modification_of_a_killed_process_is_completed() -> None:
    make()
    program = """
import os
from sandbox.providers.aws.region import Region
region = Region("us-east-1")
with region.transaction() as data:
    changes = {"instanceClass": "db.m6i.xlarge"}
    region.begin(data["instances"]["one"], "modify", changes=changes)
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert record()["status"] == "modifying"
    assert instances()["one"]["instanceClass"] == "db.m6i.xlarge"
    assert record()["status"] == "available"


def test_deletion_of_a_killed_process_is_completed(dead: str) -> None:
    make()
    begun("delete", dead, snapshot="last")
    assert not instances()
    assert REGION.read()["snapshots"]["last"]["identifier"] == "one"


@pytest.mark.parametrize(("kind", "left"), [("create", set()), ("backup", {"one"})])
def test_creation_of_a_killed_process_is_dropped_or_completed(
    kind: Kind, left: set[str], dead: str
) -> None:
    make()
    begun(kind, dead)
    assert set(instances()) == left


def test_instance_of_a_killed_creation_can_be_adopted(dead: str) -> None:
    id = IMPORT_IDS["aws:rds/instance:Instance"]({"identifier": "one"})
    assert INSTANCE.read(operation(), id, {}) is None
    make()
    begun("backup", dead)
    assert INSTANCE.read(operation(), id, {})
    assert record()["status"] == "available"
    found = INSTANCE.read(operation(), "one", {})
    assert found
    assert found["id"] == record()["resourceId"]


def test_operation_of_a_living_process_is_not_taken_over() -> None:
    make()
    with REGION.transaction() as data:
        REGION.begin(data["instances"]["one"], "modify", changes={})
    assert instances()["one"]["status"] == "modifying"


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "30")


def cut_short(action: Callable[[Any], Any], status: str) -> Exception:
    return interrupted.cancel(REGION, operation(), action, status)


@pytest.mark.usefixtures("slow")
def test_cancelled_creation_stays_in_the_state() -> None:
    error = cut_short(lambda op: INSTANCE.create(op, checked()), "backing-up")
    assert isinstance(error, InitFailed)
    assert error.id == record()["resourceId"]
    assert "waiting for RDS DB Instance (one) create" in str(error)
    assert record()["status"] == "available"


def test_cancelled_modification_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    id, state = make()
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "30")
    wanted = checked(instanceClass="db.m6i.xlarge", applyImmediately=True)
    cut_short(lambda op: INSTANCE.update(op, id, state, wanted), "modifying")
    assert record()["instanceClass"] == "db.m6i.xlarge"
    assert record()["status"] == "available"


def test_cancelled_deletion_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    id, state = make()
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "30")
    cut_short(lambda op: INSTANCE.delete(op, id, state), "deleting")
    assert not instances()
    assert set(REGION.read()["snapshots"]) == {"one-final"}


def test_deletion_waits_for_one_in_progress(dead: str) -> None:
    id, state = make()
    begun("delete", dead, snapshot="last")
    INSTANCE.delete(operation(), id, state)
    assert not instances()


def fails(*_: Any) -> None:
    raise Failure("no server does that")


def test_failed_server_leaves_no_instance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Servers, "create", fails)
    with pytest.raises(Failure, match="no server"):
        INSTANCE.create(operation(), checked())
    assert not instances()


def test_failed_maintenance_keeps_deferred_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    id, state = make(engineVersion="16")
    wanted = checked(engineVersion="17", allowMajorVersionUpgrade=True)
    INSTANCE.update(operation(), id, state, wanted)
    monkeypatch.setattr(Servers, "upgrade", fails)
    with pytest.raises(Failure, match="no server"):
        events.maintenance(REGION, "one")
    assert (record()["status"], record()["pending"]) == ("available", {"engineVersion": "17"})


def test_modification_does_not_undo_a_concurrent_event(monkeypatch: pytest.MonkeyPatch) -> None:
    id, state = make(multiAz=True, availabilityZone=None)

    def moves(*_: Any) -> None:
        with REGION.transaction() as data:
            data["instances"]["one"]["availabilityZone"] = "us-east-1b"

    monkeypatch.setattr(Servers, "restart", moves)
    wanted = checked(
        multiAz=True, availabilityZone=None, instanceClass="db.m6i.xlarge", applyImmediately=True
    )
    INSTANCE.update(operation(), id, state, wanted)
    assert record()["availabilityZone"] == "us-east-1b"


def test_events_need_an_available_instance() -> None:
    make()
    with pytest.raises(SandboxError, match="no standby"):
        events.failover(REGION, "one")
    assert record()["status"] == "available"
    events.snapshot(REGION, "one", "mine")
    with pytest.raises(SandboxError, match="snapshot mine already"):
        events.snapshot(REGION, "one", "mine")
    with REGION.transaction() as data:
        REGION.begin(data["instances"]["one"], "modify", changes={})
    with pytest.raises(SandboxError, match="one is modifying"):
        events.maintenance(REGION, "one")


def test_delete_event_leaves_nothing() -> None:
    make(deletionProtection=True)
    events.delete(REGION, "one")
    assert not instances()
    assert not REGION.read()["snapshots"]


def test_concurrent_creations_are_all_stored() -> None:
    names = [f"all{number}" for number in range(6)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: make(identifier=name), names))
    assert {name: each["status"] for name, each in instances().items()} == dict.fromkeys(
        names, "available"
    )


def test_operations_take_the_configured_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0.1")
    began = time.monotonic()
    id, state = make()
    assert time.monotonic() - began > 0.1
    began = time.monotonic()
    INSTANCE.delete(operation(), id, state)
    assert time.monotonic() - began > 0.1
