"""Changes of a simulated Cloud SQL instance: what is a change, what replaces, what restarts."""

from typing import Any

import pytest

from sandbox import SandboxError
from sandbox.providers.cloud import events
from sandbox.providers.cloud.servers import Servers, ServerSpec
from sandbox.providers.framework.errors import Failure, InitFailed
from sandbox.providers.framework.validation import fill_defaults
from tests.unit.providers.gcp import (
    INSTANCE,
    NETWORK,
    PROJECT,
    changed,
    changes,
    checked,
    make,
    operation,
    record,
    refreshed,
    update,
)

FLAGS = [{"name": "max_connections", "value": "200"}, {"name": "log_lock_waits", "value": "on"}]
FULL: dict[str, Any] = {
    "databaseFlags": FLAGS,
    "finalBackupConfig": {"enabled": True, "retentionDays": 30},
    "insightsConfig": {"queryInsightsEnabled": True, "queryPlansPerMinute": 7},
    "locationPreference": {"zone": "us-east1-b", "secondaryZone": "us-east1-c"},
    "maintenanceWindow": {"day": 7, "hour": 4, "updateTrack": "stable"},
    "availabilityType": "REGIONAL",
    "userLabels": {"a": "b"},
    "deletionProtectionEnabled": True,
    "backupConfiguration.startTime": "03:00",
}


class Calls(list[str]):
    """The calls of the servers' methods that change a running server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("configure", "restart", "upgrade"):
            monkeypatch.setattr(Servers, name, self._noting(name))

    def _noting(self, name: str) -> Any:
        def call(_: Servers, server: ServerSpec) -> None:
            self.append(name)

        return call


def test_same_inputs_change_nothing_before_and_after_a_refresh() -> None:
    state = make(FULL)
    assert changed(state, FULL) == (set(), set())
    assert changed(refreshed(state), FULL) == (set(), set())


def test_what_cloud_sql_fills_in_is_not_a_change() -> None:
    state = make()
    assert state["settings"]["backupConfiguration"]["startTime"]
    assert state["settings"]["diskType"] == "PD_SSD"
    assert changed(state) == (set(), set())
    assert changed(make(FULL, name="full"), {**FULL, "userLabels": None, "insightsConfig": None},
                   name="full") == (set(), set())  # fmt: skip
    without = {"backupConfiguration": None, "diskSize": None, "edition": None}
    assert changed(state, without) == (set(), set())
    nothing = {key: each for key, each in checked().items() if key != "settings"}
    assert not changes(INSTANCE, state, nothing)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"finalBackupConfig": None}, "settings.finalBackupConfig"),
        ({"maintenanceWindow": None}, "settings.maintenanceWindow"),
        ({"databaseFlags": None}, "settings.databaseFlags"),
        ({"deletionProtectionEnabled": None}, "settings.deletionProtectionEnabled"),
        ({"locationPreference.secondaryZone": None}, "settings.locationPreference.secondaryZone"),
        ({"availabilityType": None}, "settings.availabilityType"),
        ({"backupConfiguration.enabled": False}, "settings.backupConfiguration.enabled"),
        ({"userLabels": {"c": "d"}}, "settings.userLabels.a"),
        ({"insightsConfig.queryInsightsEnabled": False},
         "settings.insightsConfig.queryInsightsEnabled"),
        ({"tier": "db-custom-4-16384"}, "settings.tier"),
    ],
)  # fmt: skip
def test_what_the_program_removes_or_sets_is_a_change(settings: dict[str, Any], path: str) -> None:
    found, replaces = changed(make(FULL), {**FULL, **settings})
    assert path in found
    assert not replaces


def test_order_of_flags_and_spelling_of_the_network_are_no_change() -> None:
    state = make(FULL)
    link = f"https://www.googleapis.com/compute/v1/{NETWORK}"
    same = {"databaseFlags": FLAGS[::-1], "ipConfiguration.privateNetwork": link}
    assert changed(state, {**FULL, **same}) == (set(), set())
    assert changed(state, {**FULL, "diskType": "pd-ssd"}) == (set(), set())
    other = [{**FLAGS[0], "value": "100"}, FLAGS[1]]
    assert changed(state, {**FULL, "databaseFlags": other})[0]


@pytest.mark.parametrize(
    ("settings", "inputs", "replaces"),
    [
        ({}, {"name": "two"}, {"name"}),
        ({}, {"region": "us-central1"}, {"region"}),
        ({}, {"project": "other"}, {"project"}),
        ({}, {"encryptionKeyName": "x"}, {"encryptionKeyName"}),
        ({"diskType": "PD_HDD"}, {}, {"settings.diskType"}),
        ({"diskSize": 10, "diskAutoresize": False}, {}, {"settings.diskSize"}),
        ({"diskSize": 30}, {}, set()),
        ({"diskSize": 10}, {}, set()),
        ({"ipConfiguration": {"ipv4Enabled": True}}, {},
         {"settings.ipConfiguration.privateNetwork"}),
        ({"locationPreference.zone": "us-east1-c"}, {}, set()),
        ({"tier": "db-custom-4-16384"}, {"databaseVersion": "POSTGRES_18"}, set()),
    ],
)  # fmt: skip
def test_replacements_are_those_of_the_provider(
    settings: dict[str, Any], inputs: dict[str, Any], replaces: set[str]
) -> None:
    assert changed(make(), settings, **inputs)[1] == replaces


def test_grown_disk_is_no_change_and_stays_at_an_update() -> None:
    state = make()
    assert "more storage" in events.grow(PROJECT, "one")
    assert record()["settings"]["diskSize"] == 25
    state = refreshed(state)
    assert changed(state) == (set(), set())
    assert changed(state, {"diskSize": 10}) == (set(), set())
    state = update(state, {"tier": "db-custom-4-16384"})
    assert state["settings"]["diskSize"] == record()["settings"]["diskSize"] == 25
    assert changed(state, {"diskSize": 40, "tier": "db-custom-4-16384"})[0] == {"settings.diskSize"}


def test_disk_grows_up_to_its_limit() -> None:
    make({"diskAutoresizeLimit": 22})
    events.grow(PROJECT, "one")
    assert record()["settings"]["diskSize"] == 22
    with pytest.raises(SandboxError, match="one may not grow beyond 22 GB"):
        events.grow(PROJECT, "one")
    make({"diskAutoresize": False}, name="fixed")
    with pytest.raises(SandboxError, match="may not grow"):
        events.grow(PROJECT, "fixed")


def test_stale_state_is_refused_until_it_is_refreshed() -> None:
    state = make()
    events.grow(PROJECT, "one")
    with pytest.raises(InitFailed, match=r"Error 412: Condition does not match\., staleData"):
        update(state, {"tier": "db-custom-4-16384"})
    assert record()["settings"]["tier"] == "db-custom-2-8192"
    update(refreshed(state), {"tier": "db-custom-4-16384"})
    assert record()["settings"]["tier"] == "db-custom-4-16384"


@pytest.mark.parametrize(
    ("settings", "calls"),
    [
        ({"tier": "db-custom-4-16384"}, ["restart"]),
        ({"databaseFlags": [{"name": "max_connections", "value": "150"}]}, ["restart"]),
        ({"databaseFlags": [{"name": "log_lock_waits", "value": "on"}]}, ["configure"]),
        ({"databaseFlags": [{"name": "cloudsql.enable_pgaudit", "value": "on"}]}, ["restart"]),
        ({"availabilityType": "REGIONAL"}, ["restart"]),
        ({"locationPreference.zone": "us-east1-d"}, ["restart"]),
        ({"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"}, ["restart"]),
        ({"ipConfiguration.sslMode": "ENCRYPTED_ONLY"}, ["configure"]),
        ({"diskSize": 40}, []),
        ({"userLabels": {"a": "b"}}, []),
        ({"maintenanceWindow": {"day": 1}}, []),
        ({"backupConfiguration.pointInTimeRecoveryEnabled": True}, []),
    ],
)
def test_interrupting_changes_restart_the_server_at_once(
    settings: dict[str, Any], calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make()
    seen = Calls(monkeypatch)
    update(state, settings)
    assert seen[: len(calls)] == calls
    assert set(seen) == set(calls)
    assert (record()["status"], record()["pending"]) == ("RUNNABLE", {})


def test_upgrade_comes_before_the_other_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    state = make(databaseVersion="POSTGRES_15")
    calls = Calls(monkeypatch)
    state = update(state, {"tier": "db-custom-4-16384"}, databaseVersion="POSTGRES_18")
    assert calls == ["upgrade", "restart"]
    assert state["databaseVersion"] == "POSTGRES_18"
    assert state["maintenanceVersion"].startswith("POSTGRES_18_")
    wanted = {
        "edition": "ENTERPRISE_PLUS",
        "tier": "db-perf-optimized-N-4",
        "userLabels": {"a": "b"},
    }
    state = update(state, wanted, databaseVersion="POSTGRES_18")
    assert (record()["settings"]["edition"], record()["settings"]["userLabels"]) == (
        "ENTERPRISE_PLUS",
        {"a": "b"},
    )
    assert changed(refreshed(state), wanted, databaseVersion="POSTGRES_18") == (set(), set())


def test_unset_edition_depends_on_the_version() -> None:
    plus = make({"edition": None, "tier": "db-perf-optimized-N-2"})
    assert plus["settings"]["edition"] == "ENTERPRISE_PLUS"
    old = make({"edition": None}, name="old", databaseVersion="POSTGRES_15")
    assert old["settings"]["edition"] == "ENTERPRISE"


def test_removed_setting_is_unset() -> None:
    state = make(FULL)
    state = update(state, {**FULL, "databaseFlags": None, "finalBackupConfig": None})
    assert record()["settings"]["databaseFlags"] == []
    assert "finalBackupConfig" not in record()["settings"]
    assert state["settings"]["backupConfiguration"]["startTime"] == "03:00"


def test_failover_swaps_the_live_zones_and_keeps_the_preference() -> None:
    state = make(FULL)
    assert record()["gceZone"] == "us-east1-b"
    assert "gceZone us-east1-c, secondaryGceZone us-east1-b" in events.failover(PROJECT, "one")
    assert (record()["gceZone"], record()["secondaryGceZone"]) == ("us-east1-c", "us-east1-b")
    after = refreshed(state)
    assert after["settings"] == state["settings"]
    assert after["privateIpAddress"] == state["privateIpAddress"]
    assert changed(after, FULL) == (set(), set())
    update(after, {**FULL, "tier": "db-custom-4-16384"})
    assert record()["gceZone"] == "us-east1-c", "an update does not move the instance back"


def test_zonal_instance_does_not_fail_over() -> None:
    make()
    with pytest.raises(SandboxError, match="only REGIONAL instances fail over"):
        events.failover(PROJECT, "one")


def test_secondary_zone_that_is_not_given_is_chosen_and_is_a_change() -> None:
    wanted = {"availabilityType": "REGIONAL"}
    state = make(wanted)
    assert state["settings"]["locationPreference"]["secondaryZone"] == "us-east1-c"
    assert changed(state, wanted)[0] == {"settings.locationPreference.secondaryZone"}


def test_maintenance_and_reboot_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    assert events.maintenance(PROJECT, "one") == "one: nothing changed"
    calls = Calls(monkeypatch)
    events.reboot(PROJECT, "one")
    assert calls == ["restart"]
    assert refreshed(state) == state


def test_rotation_adds_a_second_authority_and_then_switches() -> None:
    state = make()
    (old,) = state["serverCaCerts"]
    events.rotate(PROJECT, "one")
    assert len(record()["authorities"]) == 2
    assert refreshed(state)["serverCaCerts"] == [old], "the provider shows only the active one"
    events.rotate(PROJECT, "one")
    (new,) = refreshed(state)["serverCaCerts"]
    assert new["sha1Fingerprint"] != old["sha1Fingerprint"]
    assert len(record()["authorities"]) == 2
    events.rotate(PROJECT, "one")
    assert [each["sha1Fingerprint"] for each in record()["authorities"]] == [new["sha1Fingerprint"]]


def test_each_instance_has_its_own_address_and_authority() -> None:
    one, two = make(), make(name="two")
    assert [each["privateIpAddress"] for each in (one, two)] == ["10.90.0.3", "10.90.0.4"]
    assert one["serverCaCerts"] != two["serverCaCerts"]
    spec = PROJECT.server(PROJECT.read(), record())
    assert spec.host == spec.endpoint.address == "10.90.0.3"
    assert spec.endpoint.certificate
    assert "10.90.0.3" not in spec.endpoint.certificate.hosts
    assert spec.endpoint.plaintext
    assert PROJECT.server_names.fullmatch(spec.name)


def test_shared_authority_has_a_name_that_is_in_the_certificate() -> None:
    state = make({"ipConfiguration.serverCaMode": "GOOGLE_MANAGED_CAS_CA"})
    (name,) = state["dnsNames"]
    assert name["connectionType"] == "PRIVATE_SERVICES_ACCESS"
    spec = PROJECT.server(PROJECT.read(), record())
    assert spec.endpoint.certificate
    assert spec.endpoint.certificate.hosts == (spec.host,) == (name["name"].rstrip("."),)


def test_deleted_instance_is_gone_at_a_refresh_and_an_update_fails() -> None:
    state = make()
    events.delete(PROJECT, "one")
    assert INSTANCE.read(operation(), "one", state) is None
    with pytest.raises(Failure, match="The Cloud SQL instance does not exist"):
        update(state, {"tier": "db-custom-4-16384"})


@pytest.mark.parametrize("id", ["one", f"projects/{PROJECT.scope}/instances/one",
                                f"{PROJECT.scope}/one"])  # fmt: skip
def test_import_takes_each_form_of_the_id(id: str) -> None:
    make()
    found = INSTANCE.read(operation(), id, {})
    assert found
    assert (found["id"], found["deletionProtection"]) == ("one", True)
    inputs = INSTANCE.inputs_of(found, {})
    assert inputs["settings"]["tier"] == "db-custom-2-8192"
    assert "version" not in inputs["settings"]
    assert not list(INSTANCE.check(operation(), inputs, {})), "the engine checks imported inputs"
    fill_defaults(inputs, INSTANCE.inputs)
    assert not changes(INSTANCE, found, inputs)


def test_refreshed_inputs_are_only_those_that_the_program_set() -> None:
    state = make()
    PROJECT.put("one", settings={**record()["settings"], "tier": "db-custom-4-16384"})
    inputs = INSTANCE.inputs_of(refreshed(state), checked())
    assert inputs["settings"]["tier"] == "db-custom-4-16384"
    assert inputs["settings"].keys() == checked()["settings"].keys()
