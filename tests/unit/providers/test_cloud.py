"""The behaviour that simulated clouds share, tested on a toy cloud."""

import os
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.postgres import firewall as kernel
from sandbox.postgres.server import Server
from sandbox.providers import firewall
from sandbox.providers.cloud import events, processes
from sandbox.providers.cloud.retries import until_accepted
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from tests.conftest import ROOT
from tests.unit.providers.toy_cloud import Project

Data = dict[str, Any]
PROJECT = Project("p")


NOTED = (
    "create",
    "restore",
    "replace",
    "snapshot",
    "start",
    "delete",
    "configure",
    "restart",
    "upgrade",
    "certify",
)


class Calls(list[tuple[str, str]]):
    """Records the calls of the servers' methods."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in NOTED:
            monkeypatch.setattr(Servers, name, self._noting(name))

    def _noting(self, name: str) -> Any:
        def call(_: Servers, server: ServerSpec, *__: str) -> None:
            self.append((name, server.name))

        return call


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


def create(name: str = "one", **values: Any) -> None:
    PROJECT.create(name, **values)
    PROJECT.complete(name)


def instance(name: str = "one") -> Data:
    return PROJECT.read()["instances"][name]


def test_creation_ends_with_the_first_backup(calls: Calls) -> None:
    PROJECT.create("one")
    assert (instance()["status"], instance()["work"]["kind"]) == ("PENDING_CREATE", "backup")
    PROJECT.complete("one")
    assert (instance()["status"], instance()["work"]) == ("RUNNABLE", None)
    assert calls == [("create", "toy-one"), ("start", "toy-one")]


@pytest.mark.parametrize(
    ("origin", "made"),
    [
        ({"snapshot": "mine"}, ("restore", "toy-two", "mine")),
        ({"source": "one"}, ("copy", "toy-two", "toy-one")),
    ],
)
def test_restored_instance_has_its_own_password_and_settings(
    monkeypatch: pytest.MonkeyPatch, origin: Data, made: tuple[str, ...]
) -> None:
    create()
    calls: list[tuple[str, ...]] = []

    def note(name: str) -> Any:
        def call(_: Servers, *arguments: Any) -> None:
            calls.append((name, *(getattr(each, "name", each) for each in arguments)))

        return call

    for name in ("create", "restore", "copy", "set_password", "restart"):
        monkeypatch.setattr(Servers, name, note(name))
    create("two", **origin)
    assert calls == [made, ("set_password", "toy-two", "secret"), ("restart", "toy-two")]


def test_creation_starts_the_firewall_and_deletes_orphans_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create()
    done: list[Any] = []
    monkeypatch.setattr(Servers, "start_firewall", lambda _: done.append("firewall"))
    monkeypatch.setattr(Servers, "create", lambda *_: done.append("create"))
    monkeypatch.setattr(Servers, "delete_orphans", lambda _, __, known: done.append(known()))
    create("two")
    assert done == ["firewall", {"toy-one", "toy-two"}, "create"]


def test_failed_creation_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise Failure("no address left")

    monkeypatch.setattr(Servers, "create", fails)
    with pytest.raises(Failure, match="no address left"):
        PROJECT.create("one")
    assert not PROJECT.read()["instances"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"flags": {}}, []),
        ({"flags": {"work_mem": "8MB"}}, ["configure"]),
        ({"tier": "large", "flags": {"work_mem": "8MB"}}, ["restart"]),
        ({"tier": "large"}, ["restart"]),
        ({"version": "POSTGRES_17"}, ["upgrade"]),
        ({"version": "POSTGRES_17", "flags": {"work_mem": "8MB"}}, ["upgrade"]),
        ({"version": "POSTGRES_17", "tier": "large"}, ["upgrade", "restart"]),
    ],
)
def test_modification_touches_the_server_only_if_needed(
    calls: Calls, changes: Data, expected: list[str]
) -> None:
    create()
    calls.clear()
    with PROJECT.transaction() as data:
        PROJECT.begin(data["instances"]["one"], "modify", changes=changes)
    PROJECT.complete("one")
    assert calls == [(name, "toy-one") for name in expected]
    assert instance() | changes == instance()


def test_deferred_changes_add_up_until_maintenance(calls: Calls) -> None:
    create()
    for changes in ({"tier": "medium"}, {"tier": "large"}, {"zone": "b"}):
        with PROJECT.transaction() as data:
            PROJECT.defer(data["instances"]["one"], changes)
    assert instance()["tier"] == "small"
    assert events.maintenance(PROJECT, "one") == "one: tier, zone changed"
    assert (instance()["tier"], instance()["zone"], instance()["pending"]) == ("large", "b", {})


def test_failover_changes_what_the_cloud_says(calls: Calls) -> None:
    create(standby="b")
    calls.clear()
    assert events.failover(PROJECT, "one") == "one failed over: zone b, standby a"
    assert (instance()["zone"], instance()["standby"]) == ("b", "a")
    assert calls == [("restart", "toy-one"), ("start", "toy-one")]


def test_reboot_applies_what_the_cloud_says(monkeypatch: pytest.MonkeyPatch) -> None:
    create(static_flags={"max_connections": "50"})
    told: list[ServerSpec] = []
    monkeypatch.setattr(Servers, "restart", lambda _, server: told.append(server))
    events.reboot(PROJECT, "one")
    assert [server.settings for server in told] == [{"max_connections": "50"}]
    assert instance()["flags"] == {"max_connections": "50"}


def test_final_snapshot_is_taken_once(calls: Calls) -> None:
    """Even if the process is killed between the snapshot and the deletion."""
    create()
    calls.clear()
    with PROJECT.transaction() as data:
        PROJECT.begin(data["instances"]["one"], "delete", snapshot="last")
    PROJECT.keep_snapshot("one", "last")
    PROJECT.complete("one")
    assert calls == [("snapshot", "toy-one"), ("delete", "toy-one")]


def test_restore_replaces_the_data_and_what_the_cloud_says(calls: Calls) -> None:
    create(tier="large")
    events.snapshot(PROJECT, "one", "mine")
    PROJECT.put("one", tier="small", zone="b")
    calls.clear()
    with PROJECT.transaction() as data:
        PROJECT.begin(data["instances"]["one"], "restore", snapshot="mine")
    assert instance()["status"] == "RESTORING"
    PROJECT.complete("one")
    assert calls == [("replace", "toy-one")]
    assert (instance()["tier"], instance()["zone"]) == ("large", "b")
    assert (instance()["status"], instance()["work"]) == ("RUNNABLE", None)


def test_what_a_cloud_does_not_simulate_is_said(calls: Calls) -> None:
    create()
    for event in (events.grow, events.rotate):
        with pytest.raises(SandboxError, match=r"not simulated: .* of toy"):
            event(PROJECT, "one")
    with pytest.raises(SandboxError, match="a snapshot needs a name"):
        events.snapshot(PROJECT, "one")
    assert (instance()["status"], instance()["work"]) == ("RUNNABLE", None)


def test_refused_request_is_repeated_while_the_reason_passes() -> None:
    said = iter([ValueError("busy"), ValueError("busy"), None])

    def request() -> str:
        if error := next(said):
            raise error
        return "done"

    op = Operation(engine=Engine(""), config={}, timeout=5)

    def passes(error: ValueError) -> bool:
        return str(error) == "busy"

    assert until_accepted(op, request, ValueError, passes) == "done"
    said = iter([ValueError("busy"), ValueError("no")])
    with pytest.raises(ValueError, match="no"):
        until_accepted(op, request, ValueError, passes)
    said = iter([ValueError("busy")] * 9)
    with pytest.raises(ValueError, match="busy"):
        until_accepted(Operation(Engine(""), {}, timeout=0.3), request, ValueError, passes)


def test_zombie_does_not_live() -> None:
    process = subprocess.Popen(["sleep", "60"])
    identity = processes.identity(process.pid)
    assert processes.lives(identity)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.lives(identity)
    process.wait()
    assert not processes.lives(identity)


def test_refused_event_leaves_the_instance_available(calls: Calls) -> None:
    create()
    with pytest.raises(SandboxError, match="one is ZONAL"):
        events.failover(PROJECT, "one")
    assert instance()["status"] == "RUNNABLE"


def test_snapshot_and_deletion_keep_what_they_should(calls: Calls) -> None:
    create()
    calls.clear()
    events.snapshot(PROJECT, "one", "mine")
    assert calls == [("snapshot", "toy-one"), ("start", "toy-one")]
    events.delete(PROJECT, "one")
    assert calls[2:] == [("delete", "toy-one")]
    assert not PROJECT.read()["instances"]
    assert PROJECT.read()["snapshots"]["mine"]["version"] == "POSTGRES_16"


def test_event_finds_the_instance_in_any_scope(calls: Calls) -> None:
    create()
    Project("q").create("two")
    Project("q").complete("two")
    assert events.trigger(Project, "reboot", "two") == "two was restarted"
    with pytest.raises(SandboxError, match="no instance three; there are: one, two"):
        events.trigger(Project, "reboot", "three")


def test_transaction_that_fails_stores_nothing() -> None:
    with pytest.raises(ZeroDivisionError), PROJECT.transaction() as data:
        data["peered"] = bool(1 / 0)
    assert not PROJECT.stored()


def test_transaction_without_a_change_writes_nothing() -> None:
    create()
    before = PROJECT.file.stat().st_mtime_ns
    with PROJECT.transaction():
        pass
    assert PROJECT.file.stat().st_mtime_ns == before


def test_firewall_blocks_unlisted_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    create()
    names = {"toy-one": "10.0.0.1", "toy-orphan": "10.0.0.2", "handmade": "10.0.0.3"}
    there = [SimpleNamespace(name=name, address=address) for name, address in names.items()]
    monkeypatch.setattr(firewall, "servers", lambda: there)
    monkeypatch.setattr(firewall, "CLOUDS", {"toy": Project})
    assert list(firewall.blocked()) == ["10.0.0.1", "10.0.0.2"]
    with PROJECT.transaction() as data:
        data["peered"] = True
    assert list(firewall.blocked()) == ["10.0.0.2"], "an orphan stays blocked"
    assert 'iifname != "lo" ip daddr 10.0.0.2 tcp dport 5432 drop' in kernel.ruleset(["10.0.0.2"])


def test_only_names_that_the_cloud_resolves_are_in_the_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    create()
    create("two")
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(firewall, "CLOUDS", {"toy": Project})
    for what in ("show_name", "hide_name"):
        note = lambda server, what=what: told.append((what, server.name))  # noqa: E731
        monkeypatch.setattr(Server, what, note)
    resolves = lambda _, __, instance: instance["name"] == "two"  # noqa: E731
    monkeypatch.setattr(Project, "resolves", resolves)
    firewall.update_names()
    assert told == [("hide_name", "toy-one"), ("show_name", "toy-two")]


def test_name_of_a_deleted_server_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    create()
    monkeypatch.setattr(firewall, "CLOUDS", {"toy": Project})
    firewall.update_names()


def test_shared_mechanics_name_no_cloud() -> None:
    names = re.compile(r"\b(aws|rds|ec2|gcp|cloud ?sql|google|azure\w*|amazon)\b", re.IGNORECASE)
    for file in Path(ROOT, "sandbox", "providers", "cloud").glob("*.py"):
        assert not names.findall(file.read_text()), file
