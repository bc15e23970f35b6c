"""Deletion of simulated Cloud SQL instances, their backups, restores and clones."""

import datetime
from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.providers.cloud import events
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import InitFailed
from tests.unit.providers.gcp import (
    INSTANCE,
    PROJECT,
    USER,
    changed,
    make,
    operation,
    record,
    refreshed,
    refused,
    update,
)

FINAL = {"finalBackupConfig": {"enabled": True, "retentionDays": 30}}


def delete(state: dict[str, Any]) -> None:
    INSTANCE.delete(operation(), state["name"], state)


def snapshots() -> dict[str, Any]:
    return PROJECT.read()["snapshots"]


def test_both_guards_protect_and_hold_in_this_order() -> None:
    state = make({"deletionProtectionEnabled": True}, deletionProtection=True)
    said = refused(lambda: delete(state))
    assert said == (
        "1 error occurred:\n\t* Error, failed to delete instance because deletion_protection is set"
        " to true. Set it to false to proceed with instance deletion\n\n"
    )
    said = refused(lambda: delete({**state, "deletionProtection": False}))
    assert "Error, failed to delete instance one: googleapi: Error 400: The instance is" in said
    assert "with deletionProtectionEnabled set to false., invalid" in said
    state = update(state, {"deletionProtectionEnabled": False}, deletionProtection=False)
    delete(state)
    assert not PROJECT.read()["instances"]


@pytest.mark.parametrize(("policy", "left"), [("ABANDON", {"one"}), ("DELETE", set())])
def test_abandoned_instance_stays(policy: str, left: set[str]) -> None:
    delete(make(deletionPolicy=policy))
    assert set(PROJECT.read()["instances"]) == left


def test_policy_may_prevent_the_deletion() -> None:
    state = make(deletionPolicy="PREVENT")
    assert 'cannot destroy "one" without setting deletion_policy="DELETE"' in refused(
        lambda: delete(state)
    )


def test_missing_instance_is_an_error_at_deletion() -> None:
    state = make()
    events.delete(PROJECT, "one")
    assert "Error 404: The Cloud SQL instance does not exist." in refused(lambda: delete(state))


def test_final_backup_is_left_where_it_is_enabled() -> None:
    state = make(FINAL)
    events.snapshot(PROJECT, "one", "1")
    delete(state)
    (backup,) = snapshots().values()
    assert (backup["name"], backup["final"], backup["ofDeleted"]) == ("one", True, True)
    delete(make({"finalBackupConfig": {"enabled": False}}, name="two"))
    assert len(snapshots()) == 1
    id = int(next(iter(snapshots())))
    with pytest.raises(InitFailed, match="The Cloud SQL instance does not exist"):
        make(name="three", restoreBackupContext={"backupRunId": id, "instanceId": "one"})


def test_backups_of_a_deleted_instance_go_with_it_unless_they_are_retained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[str] = []
    monkeypatch.setattr(Servers, "delete_snapshot", lambda _, name: gone.append(name))
    state = make({"retainBackupsOnDelete": True})
    events.snapshot(PROJECT, "one", "1")
    events.snapshot(PROJECT, "one", "2")
    make(name="two")
    events.snapshot(PROJECT, "two", "3")
    delete(state)
    assert set(snapshots()) == {"1", "2", "3"}
    events.delete(PROJECT, "two")
    assert set(snapshots()) == {"1", "2"}
    assert gone == ["3"]


def test_backup_run_has_a_number() -> None:
    make()
    with pytest.raises(SandboxError, match="the ID of a backup run is a number, not 'mine'"):
        events.snapshot(PROJECT, "one", "mine")
    events.snapshot(PROJECT, "one")
    (id,) = snapshots()
    assert len(id) == 13
    assert id.isdecimal()
    assert record()["status"] == "RUNNABLE"


class Replaced(list[tuple[str, str]]):
    """The snapshots that replaced the data of servers, and the copies of running ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def replace(_: Servers, server: ServerSpec, snapshot: str) -> None:
            self.append((server.name, snapshot))

        def copy(_: Servers, server: ServerSpec, source: ServerSpec) -> None:
            self.append((server.name, source.name))

        monkeypatch.setattr(Servers, "replace", replace)
        monkeypatch.setattr(Servers, "copy", copy)


def put_user(instance: str, name: str) -> None:
    USER.create(operation(), {"name": name, "instance": instance, "password": "secret"})


def server(name: str) -> str:
    return f"sql-{record(name)['uid']}"


def test_backup_is_restored_into_a_new_instance_with_its_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make()
    put_user("one", "coder_admin")
    events.snapshot(PROJECT, "one", "7")
    replaced = Replaced(monkeypatch)
    context = {"backupRunId": 7, "instanceId": "one"}
    state = make(name="two", restoreBackupContext=context)
    assert replaced == [(server("two"), "7")]
    assert set(record("two")["users"]) == {"postgres", "coder_admin"}
    assert state["restoreBackupContext"] == context
    assert changed(state, name="two", restoreBackupContext=context) == (set(), set())


def test_changed_backup_is_restored_over_the_live_data(monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    events.snapshot(PROJECT, "one", "7")
    put_user("one", "later")
    replaced = Replaced(monkeypatch)
    context = {"backupRunId": 7}
    found, replaces = changed(state, restoreBackupContext=context)
    assert (found, replaces) == ({"restoreBackupContext"}, set())
    state = update(state, restoreBackupContext=context)
    assert replaced == [(server("one"), "7")]
    assert set(record()["users"]) == {"postgres"}
    state = update(state, {"tier": "db-custom-4-16384"}, restoreBackupContext=context)
    assert len(replaced) == 1, "the same backup is not restored again"
    update(state, {"tier": "db-custom-4-16384"})
    assert len(replaced) == 1, "a removed backup restores nothing"


@pytest.mark.parametrize(
    ("context", "inputs", "words"),
    [
        ({"backupRunId": 8, "instanceId": "one"}, {}, "The Cloud SQL backup run does not exist."),
        ({"backupRunId": 7}, {}, "The Cloud SQL backup run does not exist."),
        ({"backupRunId": 7, "instanceId": "none"}, {}, "The Cloud SQL instance does not exist."),
        ({"backupRunId": 7, "instanceId": "one"}, {"databaseVersion": "POSTGRES_18"},
         "The backup has the database version POSTGRES_17, the instance POSTGRES_18"),
        ({"backupRunId": 7, "instanceId": "one", "project": "other"}, {}, "of another project"),
    ],
)  # fmt: skip
def test_restore_that_does_not_fit_leaves_the_new_instance(
    context: dict[str, Any], inputs: dict[str, Any], words: str
) -> None:
    make()
    events.snapshot(PROJECT, "one", "7")
    with pytest.raises(InitFailed, match="failed to restore instance from backup two: goo") as said:
        make(name="two", restoreBackupContext=context, **inputs)
    assert words in str(said.value)
    assert said.value.id == "two"
    assert said.value.state["privateIpAddress"] == record("two")["address"]


def test_restore_needs_the_storage_of_the_backup() -> None:
    make({"diskSize": 30})
    events.snapshot(PROJECT, "one", "7")
    with pytest.raises(InitFailed, match="must not be smaller than that of the backup, 30 GB"):
        make(name="two", restoreBackupContext={"backupRunId": 7, "instanceId": "one"})


def test_clone_has_the_data_of_its_source_and_then_its_own_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make({"userLabels": {"a": "b"}, "tier": "db-custom-4-16384"}, databaseVersion="POSTGRES_16")
    put_user("one", "coder_admin")
    copied = Replaced(monkeypatch)
    clone = {"sourceInstanceName": "one", "preferredZone": "us-east1-c"}
    wanted = {"locationPreference.zone": "us-east1-c", "userLabels": {"c": "d"}}
    state = make(wanted, name="two", clone=clone, databaseVersion="POSTGRES_16")
    assert copied == [(server("two"), server("one"))]
    found = record("two")
    assert (found["gceZone"], found["settings"]["tier"]) == ("us-east1-c", "db-custom-2-8192")
    assert found["settings"]["userLabels"] == {"c": "d"}
    assert set(found["users"]) == {"postgres", "coder_admin"}
    assert (found["uid"], found["address"]) != (record()["uid"], record()["address"])
    assert found["activeAuthority"] != record()["activeAuthority"]
    same = {"name": "two", "clone": clone, "databaseVersion": "POSTGRES_16"}
    assert changed(refreshed(state), wanted, **same) == (set(), set())


def test_clone_keeps_the_edition_of_its_source_where_none_is_given() -> None:
    make(databaseVersion="POSTGRES_17")
    make({"edition": None}, name="two", clone={"sourceInstanceName": "one"})
    assert record("two")["settings"]["edition"] == "ENTERPRISE"
    make({"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"}, name="plus")
    wanted = {"edition": None, "tier": "db-perf-optimized-N-4"}
    make(wanted, name="three", clone={"sourceInstanceName": "plus"})
    assert record("three")["settings"]["edition"] == "ENTERPRISE_PLUS"


def test_clone_has_the_version_and_without_settings_all_of_its_source() -> None:
    make({"userLabels": {"a": "b"}}, databaseVersion="POSTGRES_16")
    inputs = {"name": "two", "clone": {"sourceInstanceName": "one"}}
    given = {"project": PROJECT.scope, "region": "us-east1", "databaseVersion": "POSTGRES_17"}
    _, state = INSTANCE.create(operation(), {**given, **inputs})
    assert state["databaseVersion"] == "POSTGRES_16"
    assert state["settings"]["userLabels"] == {"a": "b"}


@pytest.mark.parametrize(
    ("clone", "settings", "words"),
    [
        ({"sourceInstanceName": "none"}, {}, "The Cloud SQL instance does not exist."),
        ({"sourceInstanceName": "one", "pointInTime": "2026-01-01T00:00:00Z"}, {},
         "Point in time recovery is not enabled for the source instance"),
        ({"sourceInstanceName": "one", "databaseNames": ["app"]}, {}, "not simulated"),
        ({"sourceInstanceName": "one", "preferredZone": "us-east1-a"}, {}, "Invalid zone"),
    ],
)  # fmt: skip
def test_clone_that_does_not_fit_is_refused(
    clone: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    make()
    assert words in refused(lambda: make(settings, name="two", clone=clone))


def test_clone_at_an_earlier_time_is_not_simulated() -> None:
    make({"backupConfiguration.pointInTimeRecoveryEnabled": True})
    clone = {"sourceInstanceName": "one", "pointInTime": "2026-01-01T00:00:00Z"}
    said = refused(lambda: make(name="two", clone=clone))
    assert "not simulated: a pointInTime more than 15 minutes ago is an error" in said
    now = datetime.datetime.now(datetime.UTC)
    make(name="two", clone=clone | {"pointInTime": f"{now:%Y-%m-%dT%H:%M:%SZ}"})
    assert record("two")["status"] == "RUNNABLE"


def test_clone_whose_settings_are_refused_is_left() -> None:
    make()
    with pytest.raises(InitFailed, match="failed to update instance settings for two: goo") as said:
        make({"diskSize": 10}, name="two", clone={"sourceInstanceName": "one"})
    assert "The disk size can't be decreased" in str(said.value)
    assert record("two")["status"] == "RUNNABLE"
