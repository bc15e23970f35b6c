"""Operations of simulated flexible servers: busy servers, events, restores, killed processes."""

import datetime
import time
from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.providers.azure_native import parameters
from sandbox.providers.cloud import events
from sandbox.providers.cloud.servers import Refused, Servers, ServerSpec
from sandbox.providers.framework.errors import Failure
from tests.unit.providers.azure import (
    CLOUD,
    GOOD,
    PUBLIC,
    SERVER_ID,
    Made,
    create,
    inputs,
    made,
    operation,
    past,
    record,
    refused,
    resource,
)

BUSY = (
    'Status=409 Code="ServerIsBusy" Message="Cannot complete operation while server \'one\' is '
    'busy processing another operation. Try again later."'
)


def busy(**values: Any) -> None:
    """Let the server `one` have a running operation."""
    with CLOUD.transaction() as data:
        CLOUD.begin(data["instances"]["one"], "modify", changes={})
        data["instances"]["one"] |= values


def test_busy_server_refuses_every_write() -> None:
    one, parameter = made("Server", **PUBLIC), Made("Configuration")
    database = Made("Database")
    busy()
    actions = (
        lambda: one.update(tags={"a": "b"}),
        one.delete,
        create("Configuration", configurationName="jit", value="on"),
        parameter.delete,
        create("Database", databaseName="two"),
        database.delete,
        create("PrivateEndpoint"),
        create("Server", serverName="two", createMode="PointInTimeRestore",
               pointInTimeUTC=past(), sourceServerResourceId=SERVER_ID),
    )  # fmt: skip
    for action in actions:
        assert refused(action) == BUSY


@pytest.mark.parametrize("first", ["created", "updated"])
def test_server_is_busy_for_a_moment_after_an_operation(
    monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    one = made("Server") if first == "updated" else None
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0.4")
    if one:
        one.update(tags={"a": "b"})
    else:
        made("Server")
    assert refused(create("Configuration")) == BUSY
    time.sleep(0.25)
    Made("Configuration")
    Made("Configuration", configurationName="jit", value="on")


def test_failover_exchanges_the_zones() -> None:
    made("Server", highAvailability={"mode": "ZoneRedundant", "standbyAvailabilityZone": "3"})
    events.failover(CLOUD, "one")
    assert record()["availabilityZone"] == "3"
    assert record()["highAvailability"]["standbyAvailabilityZone"] == "1"
    events.failover(CLOUD, "one")
    assert record()["availabilityZone"] == "1"


def test_failover_in_the_same_zone_stays_there() -> None:
    made("Server", highAvailability={"mode": "SameZone"})
    events.failover(CLOUD, "one")
    assert record()["availabilityZone"] == "1"
    assert record()["highAvailability"]["standbyAvailabilityZone"] == "1"


def test_failover_without_a_standby_is_refused() -> None:
    made("Server")
    with pytest.raises(SandboxError, match="one has no standby"):
        events.failover(CLOUD, "one")
    assert record()["status"] == "Ready"


def test_update_after_a_failover_accepts_the_zones_from_before() -> None:
    wanted = {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}
    one = made("Server", highAvailability=wanted)
    events.failover(CLOUD, "one")
    state = one.update(storage={"storageSizeGB": 128})
    assert state["availabilityZone"] == "2"
    assert state["highAvailability"]["standbyAvailabilityZone"] == "1"


def settings() -> dict[str, str]:
    """What PostgreSQL runs with."""
    return parameters.settings(record())


@pytest.mark.parametrize("restart", ["reboot", "maintenance", "failover"])
def test_static_parameter_waits_for_a_restart(
    restart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ServerSpec] = []
    monkeypatch.setattr(Servers, "restart", lambda _, server: told.append(server))
    made("Server", highAvailability={"mode": "SameZone"})
    one = Made("Configuration", configurationName="max_connections", value="300")
    assert (one.state["isConfigPendingRestart"], one.state["isDynamicConfig"]) == (True, False)
    assert settings()["max_connections"] == "859"
    events.EVENTS[restart](CLOUD, "one")
    assert [server.settings["max_connections"] for server in told] == ["300"]
    assert settings()["max_connections"] == "300"
    found = one.refresh()
    assert found
    assert found["isConfigPendingRestart"] is False


def test_another_sku_restarts_the_server() -> None:
    server = made("Server")
    Made("Configuration", configurationName="max_connections", value="300")
    server.update(tags={"a": "b"})
    assert settings()["max_connections"] == "859"
    server.update(sku={"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"})
    assert settings()["max_connections"] == "300"


def test_dynamic_parameter_applies_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[ServerSpec] = []
    monkeypatch.setattr(Servers, "configure", lambda _, server: told.append(server))
    one = made("Configuration")
    assert [server.settings["work_mem"] for server in told] == ["8192"]
    assert (one.state["value"], one.state["source"]) == ("8192", "user-override")
    one.delete()
    assert "work_mem" not in told[-1].settings
    found = one.refresh()
    assert found
    assert (found["value"], found["source"]) == ("4096", "system-default")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("nonsense", "1", "The configuration 'nonsense' does not exist for one server version 17."),
        ("rds.force_ssl", "1", "ConfigurationNotExists"),
        ("work_mem", "1", "Invalid value given for parameter configurationValue."),
        ("work_mem", "8MB", "Invalid value given for parameter configurationValue."),
        ("jit", "maybe", "parameter configurationValue"),
        ("ssl_min_protocol_version", "TLSv1", "parameter configurationValue"),
        ("azure.extensions", "PGCRYPTO,NONSENSE", "parameter configurationValue"),
        ("max_connections", "10", "parameter configurationValue"),
        ("data_directory", "/x", "is read-only"),
        ("require_secure_transport", "off", "not simulated"),
    ],
)
def test_parameter_is_refused(name: str, value: str, words: str) -> None:
    made("Server")
    assert words in refused(create("Configuration", configurationName=name, value=value))


@pytest.mark.parametrize("changes", [{"value": None}, {"source": None}])
def test_parameter_needs_value_and_source(changes: dict[str, Any]) -> None:
    made("Server")
    assert "Set value and source together." in refused(create("Configuration", **changes))


def test_parameter_of_a_deleted_server_cannot_be_reset() -> None:
    one = made("Configuration")
    events.delete(CLOUD, "one")
    with pytest.raises(Failure, match="ResourceNotFound"):
        one.delete()
    assert one.refresh() is None


def test_libraries_that_the_sandbox_lacks_are_left_out() -> None:
    made("Server")
    value = "pg_cron,pg_stat_statements"
    one = Made("Configuration", configurationName="shared_preload_libraries", value=value)
    events.reboot(CLOUD, "one")
    assert settings()["shared_preload_libraries"] == "pg_stat_statements"
    assert one.state["value"] == value


def test_database_is_created_and_dropped_and_never_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, str]] = []
    for name in ("create_database", "drop_database"):
        note = lambda _, __, database, name=name: told.append((name, database))  # noqa: E731
        monkeypatch.setattr(Servers, name, note)
    one = made("Database")
    assert told == [("create_database", "coder")]
    assert (one.state["charset"], one.state["collation"]) == ("UTF8", "en_US.utf8")
    assert one.changed(charset="LATIN1") == ({"charset"}, set())
    assert "parameter charset" in refused(lambda: one.update(charset="LATIN1"))
    one.delete()
    assert told[1:] == [("drop_database", "coder")]
    with pytest.raises(Failure, match="cannot create already existing resource"):
        create("Database", databaseName="postgres")()


def test_database_that_a_killed_process_has_created_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(*_: Any) -> None:
        raise Refused('database "coder" already exists')

    monkeypatch.setattr(Servers, "create_database", refuses)
    made("Database")
    assert "coder" in record()["databases"]


def test_database_in_use_is_not_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: Any) -> None:
        raise Refused("is being accessed by other users")

    one = made("Database")
    monkeypatch.setattr(Servers, "drop_database", refuses)
    with pytest.raises(Failure, match="is being accessed by other users"):
        one.delete()
    assert ("coder" in record()["databases"], record()["status"]) == (True, "Ready")


def test_child_needs_its_server() -> None:
    for kind in ("Configuration", "Database"):
        assert "ParentResourceNotFound" in refused(create(kind))


def test_password_is_changed_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(Servers, "set_password", lambda _, __, password: told.append(password))
    one = made("Server")
    assert one.changed(administratorLoginPassword="Other-Horse-9")[1] == set()
    one.update(administratorLoginPassword="Other-Horse-9")
    assert told == ["Other-Horse-9"]


RESTORE = {
    "serverName": "two",
    "createMode": "PointInTimeRestore",
    "sourceServerResourceId": SERVER_ID,
}


def test_restore_is_a_copy_with_the_properties_of_its_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[Any] = []
    made("Server", version="16", storage={"storageSizeGB": 128, "tier": "P20"})
    Made("Configuration", configurationName="max_connections", value="300")
    monkeypatch.setattr(Servers, "copy", lambda _, server, source: told.append((server, source)))
    monkeypatch.setattr(Servers, "set_password", lambda *_: told.append("password"))
    two = Made("Server", **RESTORE, pointInTimeUTC=past(), highAvailability={"mode": "SameZone"})
    ((server, source),) = told
    assert (server.host, source.host) == (
        "two.postgres.database.azure.com",
        "one.postgres.database.azure.com",
    )
    assert (two.state["version"], two.state["storage"]["tier"]) == ("16", "P20")
    assert two.state["highAvailability"]["mode"] == "Disabled", "a restore gives no standby"
    assert server.settings["max_connections"] == "300"
    assert two.changed(pointInTimeUTC="2026-01-01T00:00:00Z")[1] == {"pointInTimeUTC"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pointInTimeUTC": None}, "parameter pointInTimeUTC"),
        ({"pointInTimeUTC": "yesterday"}, "parameter pointInTimeUTC"),
        ({"pointInTimeUTC": "2020-01-01T00:00:00Z"}, "InvalidRestorePointInTime"),
        ({"pointInTimeUTC": "2099-01-01T00:00:00Z"}, "InvalidRestorePointInTime"),
        ({"sourceServerResourceId": f"{SERVER_ID}s"}, "ResourceNotFound"),
        (PUBLIC, "RestoreNetworkModeMismatch"),
    ],
)
def test_restore_is_refused(changes: dict[str, Any], words: str) -> None:
    made("Server")
    wanted = {**RESTORE, "pointInTimeUTC": past(), **changes}
    assert words in refused(create("Server", **wanted))


def test_deletion_deletes_the_backups() -> None:
    one = made("Server")
    one.delete()
    said = refused(create("Server", **RESTORE, pointInTimeUTC=past()))
    assert "ResourceNotFound" in said
    assert not CLOUD.read()["snapshots"]


def test_on_demand_backup_is_not_simulated() -> None:
    made("Server")
    with pytest.raises(SandboxError, match="PointInTimeRestore"):
        events.snapshot(CLOUD, "one", "kept")
    assert record()["status"] == "Ready"


def test_storage_that_grew_by_itself_becomes_an_input_at_the_refresh() -> None:
    one = made("Server")
    events.EVENTS["grow"](CLOUD, "one")
    assert one.refresh()
    assert one.inputs["storage"]["storageSizeGB"] == 128
    wanted = {"storageSizeGB": 64, "autoGrow": "Enabled"}
    assert one.changed(storage=wanted) == ({"storage"}, set())
    assert "Decreasing storage size is not supported." in refused(
        lambda: one.update(storage=wanted)
    )
    one.update(storage={"storageSizeGB": 128, "autoGrow": "Disabled"})
    with pytest.raises(SandboxError, match="autoGrow is Disabled"):
        events.EVENTS["grow"](CLOUD, "one")


def test_killed_creation_is_dropped_and_its_name_is_free() -> None:
    made("Server")
    with CLOUD.transaction() as data:
        CLOUD.begin(data["instances"]["one"], "create")
        data["instances"]["one"]["work"]["process"] = "1:0"
    assert resource("Server").read(operation(), SERVER_ID, {}) is None
    made("Server")


def test_killed_creation_is_completed_once_its_server_exists() -> None:
    made("Server")
    with CLOUD.transaction() as data:
        CLOUD.begin(data["instances"]["one"], "backup")
        data["instances"]["one"]["work"]["process"] = "1:0"
    found = resource("Server").read(operation(), SERVER_ID, {})
    assert found
    assert found["state"] == "Ready"


def test_killed_change_of_parameters_is_completed() -> None:
    made("Server")
    with CLOUD.transaction() as data:
        changes = {"configurations": {"work_mem": "8192"}}
        CLOUD.begin(data["instances"]["one"], "modify", changes=changes)
        data["instances"]["one"]["work"]["process"] = "1:0"
    CLOUD.recover()
    assert settings()["work_mem"] == "8192"


def test_failed_upgrade_leaves_the_server_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    one = made("Server", version="16")

    def fails(*_: Any) -> None:
        raise Failure("division by zero")

    monkeypatch.setattr(Servers, "upgrade", fails)
    with pytest.raises(Failure, match="division by zero"):
        one.update(version="17")
    assert (record()["version"], record()["status"]) == ("16", "Ready")
    monkeypatch.undo()


def test_upgrade_is_in_place() -> None:
    one = made("Server", version="16")
    assert one.changed(version="17") == ({"version"}, set())
    state = one.update(version="17")
    assert (state["version"], state["minorVersion"]) == ("17", "6")


def test_earliest_restore_date_is_the_creation() -> None:
    one = made("Server")
    created = datetime.datetime.fromisoformat(one.state["backup"]["earliestRestoreDate"])
    assert abs((datetime.datetime.now(datetime.UTC) - created).total_seconds()) < 60
    assert GOOD["Server"]["backup"].items() <= inputs("Server")["backup"].items()
