"""Operations of Cloud SQL: one at a time, completed even if their process dies or is cancelled."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from components.gcp.recovery import IMPORT_IDS
from sandbox import SandboxError
from sandbox.providers.cloud import events, processes
from sandbox.providers.cloud.base import Kind
from sandbox.providers.cloud.servers import Servers
from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.gcp.provider import Gcp
from tests.unit.providers import interrupted
from tests.unit.providers.gcp import (
    INSTANCE,
    PROJECT,
    USER,
    checked,
    make,
    operation,
    record,
    refused,
    update,
)

BUSY = (
    "googleapi: Error 409: Operation failed because another operation was already in progress. Try "
    "your request after the current operation is complete., operationInProgress"
)


def begun(kind: Kind, process: str, **details: Any) -> None:
    interrupted.begin(PROJECT, kind, process, **details)


def recovered() -> dict[str, Any]:
    return PROJECT.recover().read()["instances"]


@pytest.mark.parametrize(("kind", "left"), [("create", set()), ("backup", {"one"})])
def test_creation_of_a_killed_process_is_dropped_or_completed(
    kind: Kind, left: set[str], dead: str
) -> None:
    make()
    begun(kind, dead)
    assert set(recovered()) == left


def test_operations_of_killed_processes_are_completed(dead: str) -> None:
    make()
    events.snapshot(PROJECT, "one", "7")
    changed = {**record()["settings"], "tier": "db-custom-4-16384"}
    begun("modify", dead, changes={"settings": changed})
    assert record()["status"] == "MAINTENANCE"
    assert recovered()["one"]["settings"]["tier"] == "db-custom-4-16384"
    USER.create(operation(), {"name": "more", "instance": "one", "password": "secret"})
    begun("restore", dead, snapshot="7")
    assert set(recovered()["one"]["users"]) == {"postgres"}
    assert record()["status"] == "RUNNABLE"
    begun("delete", dead, snapshot="8")
    assert not recovered()
    assert PROJECT.read()["snapshots"]["8"]["final"]
    assert "one" in PROJECT.read()["deleted"]


def test_instance_of_a_killed_creation_can_be_adopted(dead: str) -> None:
    inputs = checked()
    id = IMPORT_IDS[INSTANCE.type](inputs)
    assert INSTANCE.read(operation(), id, {}) is None
    make()
    begun("backup", dead)
    found = INSTANCE.read(operation(), id, {})
    assert found
    assert found["id"] == "one"
    assert record()["status"] == "RUNNABLE"


@pytest.mark.parametrize("token", sorted(IMPORT_IDS))
def test_simulator_imports_by_the_ids_of_the_program(token: str) -> None:
    make()
    USER.create(operation(), {"name": "admin", "instance": "one", "password": "secret"})
    names = {
        "gcp:sql/databaseInstance:DatabaseInstance": "one",
        "gcp:sql/user:User": "admin",
        "gcp:compute/globalAddress:GlobalAddress": "google-managed-services-dev",
    }
    inputs = {
        "project": PROJECT.scope,
        "instance": "one",
        "name": names.get(token),
        "network": f"projects/{PROJECT.scope}/global/networks/dev",
        "service": "servicenetworking.googleapis.com",
    }
    found = Gcp.resources[token].read(operation(), IMPORT_IDS[token](inputs), {})
    assert found
    for key in inputs.keys() & Gcp.resources[token].inputs.keys() - {"network"}:
        assert found[key] == inputs[key]


def requests(state: dict[str, Any]) -> dict[str, Callable[[float], Any]]:
    """Requests that wait at most so many seconds."""
    user = {"name": "coder_admin", "instance": "one", "password": "secret"}
    wanted = checked({"tier": "db-custom-4-16384"})
    return {
        "update": lambda most: INSTANCE.update(operation(most), "one", state, wanted),
        "delete": lambda most: INSTANCE.delete(operation(most), "one", state),
        "user": lambda most: USER.create(operation(most), user),
        "restore": lambda most: make(
            name="two", restoreBackupContext={"backupRunId": 7, "instanceId": "one"}
        ),
    }


@pytest.mark.parametrize("request_name", ["update", "delete", "user"])
def test_request_during_an_operation_is_refused_with_409(request_name: str) -> None:
    state = make()
    begun("modify", processes.current(), changes={})
    said = refused(lambda: requests(state)[request_name](0.3))
    assert BUSY in said


@pytest.mark.parametrize("request_name", ["update", "delete", "user"])
def test_provider_waits_for_the_operation_in_progress(request_name: str) -> None:
    state = make()
    begun("modify", processes.current(), changes={})
    timer = threading.Timer(0.3, lambda: PROJECT.put("one", work=None, status="RUNNABLE"))
    timer.start()
    requests(state)[request_name](5)
    timer.join()
    assert (request_name == "delete") == (not PROJECT.read()["instances"])


def test_name_in_use_is_not_waited_for() -> None:
    make()
    began = time.monotonic()
    with pytest.raises(Failure, match="instanceAlreadyExists"):
        make()
    assert time.monotonic() - began < 0.2


def cut_short(action: Callable[[Any], Any], status: str) -> Exception:
    return interrupted.cancel(PROJECT, operation(), action, status)


def test_cancelled_creation_is_forgotten_and_remains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "30")
    error = cut_short(lambda op: INSTANCE.create(op, checked()), "PENDING_CREATE")
    assert not isinstance(error, InitFailed), "the provider clears the id"
    assert "Error waiting for Create Instance: " in str(error)
    assert record()["status"] == "RUNNABLE"


def test_cancelled_update_and_deletion_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "30")
    wanted = checked({"tier": "db-custom-4-16384"})
    error = cut_short(lambda op: INSTANCE.update(op, "one", state, wanted), "MAINTENANCE")
    assert "Error waiting for Update Instance: " in str(error)
    assert record()["settings"]["tier"] == "db-custom-4-16384"
    cut_short(lambda op: INSTANCE.delete(op, "one", state), "PENDING_DELETE")
    assert not PROJECT.read()["instances"]


def test_update_does_not_undo_a_concurrent_failover(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"availabilityType": "REGIONAL"}
    state = make(wanted)

    def moves(*_: Any) -> None:
        PROJECT.put("one", gceZone="us-east1-c")

    monkeypatch.setattr(Servers, "restart", moves)
    update(state, {**wanted, "tier": "db-custom-4-16384",
                   "locationPreference.secondaryZone": "us-east1-c"})  # fmt: skip
    assert record()["gceZone"] == "us-east1-c"


def test_events_need_an_instance_without_an_operation() -> None:
    make()
    begun("modify", processes.current(), changes={})
    for event in (events.grow, events.rotate, events.snapshot, events.maintenance, events.delete):
        with pytest.raises(SandboxError, match="one is MAINTENANCE, not RUNNABLE"):
            event(PROJECT, "one")


def test_operations_take_the_configured_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0.1")
    began = time.monotonic()
    state = make()
    assert time.monotonic() - began > 0.1
    began = time.monotonic()
    INSTANCE.delete(operation(), "one", state)
    assert time.monotonic() - began > 0.1
