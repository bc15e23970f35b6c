"""Refusals and messages of a Cloud SQL instance's hooks, and of what it is restored from."""

import copy
from typing import Any

import pytest

from components.gcp.labels import LONGEST_LABEL, spelled
from components.gcp.policy import POLICY
from components.gcp.recovery import IMPORT_IDS
from tests.unit.gcp import INSTANCE, KEY, NAME, NETWORK, PROJECT, SHARED, Gcp, instance

SERVER: dict[str, Any] = {
    "name": NAME,
    "databaseVersion": "POSTGRES_17",
    "settings": {
        "tier": "db-custom-2-8192",
        "edition": "ENTERPRISE",
        "diskSize": 100.0,
        "diskAutoresizeLimit": 256.0,
        "availabilityType": "ZONAL",
        "locationPreference": {"zone": "us-east1-b"},
        "ipConfiguration": {
            "privateNetwork": NETWORK,
            "serverCaMode": "GOOGLE_MANAGED_INTERNAL_CA",
        },
        "databaseFlags": [
            {"name": "max_connections", "value": "500"},
            {"name": "work_mem", "value": "8192"},
        ],
        "userLabels": {"coder-zone": "us-east1-b"},
    },
}
"""Inputs as the engine passes them to a hook: numbers are floats."""


@pytest.fixture
def cloud() -> Gcp:
    return Gcp()


def changed(changes: dict[str, Any], server: dict[str, Any] = SERVER) -> dict[str, Any]:
    """The server with other values at dotted paths."""
    result = copy.deepcopy(server)
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = result
        for key in parents:
            inner = inner[key]
        inner[last] = value
    return result


def refusals(old: dict[str, Any], new: dict[str, Any], *, protect: bool = True) -> list[str]:
    """The lines of all rules that the update breaks."""
    rules = [rule for rule in POLICY.rules if protect or rule.impossible]
    return [line for rule in rules if (line := rule.validate_update(old, new))]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"settings.ipConfiguration.privateNetwork": SHARED},
     "network: the instance would move to another network"),
    ({"name": "other"}, "The instance would be renamed"),
    ({"settings.ipConfiguration.serverCaMode": "GOOGLE_MANAGED_CAS_CA"},
     "server.caMode: Cloud SQL cannot change it; set it back"),
    ({"settings.userLabels.coder-zone": "us-east1-c"},
     "zone: is us-east1-c and was us-east1-b, and Cloud SQL cannot move it; type `pulumi config "
     "set zone us-east1-b`"),
    ({"settings.diskSize": 64.0, "settings.diskAutoresizeLimit": 0.0},
     "storageGb: is 64 and was 100, and storage never shrinks; type `pulumi config set storageGb "
     "100`"),
]  # fmt: skip


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize(("changes", "line"), REFUSED)
def test_impossible_changes_are_always_refused(
    changes: dict[str, Any], line: str, protect: bool
) -> None:
    (said,) = refusals(SERVER, changed(changes), protect=protect)
    assert said.startswith(line)


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"settings.availabilityType": "REGIONAL"},
    {"settings.tier": "db-custom-4-16384"},
    {"settings.diskSize": 101.0},
    {"settings.diskSize": 64.0},  # the disk has grown by itself
    {"databaseVersion": "POSTGRES_18"},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_possible_changes_are_accepted(changes: dict[str, Any]) -> None:
    assert refusals(SERVER, changed(changes)) == []


def test_standby_is_deleted_only_if_the_stack_is_unprotected() -> None:
    with_standby = changed({"settings.availabilityType": "REGIONAL"})
    (line,) = refusals(with_standby, SERVER)
    assert line.startswith("highAvailability: is false and was true, and the standby would be")
    assert refusals(with_standby, SERVER, protect=False) == []


def test_zone_after_a_failover_can_be_set_as_the_servers_zone() -> None:
    moved = changed({"settings.locationPreference.zone": "us-east1-c"})
    assert refusals(moved, changed({"settings.userLabels.coder-zone": "us-east1-c"}, moved)) == []


def update(changes: dict[str, Any], state: dict[str, Any] | None = None) -> dict[str, Any]:
    """The arguments of the hooks of an update in place."""
    return {
        "old_inputs": SERVER,
        "new_inputs": changed(changes),
        "old_outputs": changed(state or {}),
    }


FLAGS = "settings.databaseFlags"
INTERRUPTING: list[tuple[str, dict[str, Any]]] = [
    ("size", {"settings.tier": "db-custom-4-16384"}),
    ("postgresVersion", {"databaseVersion": "POSTGRES_18"}),
    ("highAvailability", {"settings.availabilityType": "REGIONAL"}),
    ("server.edition", {"settings.edition": "ENTERPRISE_PLUS"}),
    ("server.databaseFlags", {FLAGS: [{"name": "max_connections", "value": "600"}]}),
    ("server.databaseFlags", {FLAGS: None}),
    ("server.databaseFlags",
     {FLAGS: [*SERVER["settings"]["databaseFlags"],
              {"name": "cloudsql.logical_decoding", "value": "on"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "changes"), INTERRUPTING)
def test_interruption_is_refused_until_it_is_asked_for(
    cloud: Gcp, setting: str, changes: dict[str, Any]
) -> None:
    cloud.run()
    assert cloud.refused_by_hooks("before_update", **update(changes)) == (
        f"{setting}: this change interrupts Coder, and Cloud SQL cannot wait for the maintenance "
        "window; type `pulumi config set applyImmediately true` to make it now"
    )
    cloud = Gcp()
    cloud.run(applyImmediately=True)
    assert cloud.said_by_hooks("before_update", **update(changes)) == [
        f"Changes of {setting} are made now and may interrupt Coder (applyImmediately is true)"
    ]


ONLINE: list[dict[str, Any]] = [
    {},
    {"settings.diskSize": 200.0},
    {"settings.userLabels": {"coder-zone": "us-east1-b", "team": "x"}},
    {FLAGS: [{"name": "max_connections", "value": "500"}]},
    {FLAGS: SERVER["settings"]["databaseFlags"][::-1]},
    {FLAGS: [*SERVER["settings"]["databaseFlags"],
             {"name": "cloudsql.iam_authentication", "value": "on"}]},
]  # fmt: skip


@pytest.mark.parametrize("changes", ONLINE)
def test_online_changes_are_made_at_once(cloud: Gcp, changes: dict[str, Any]) -> None:
    cloud.run()
    assert cloud.said_by_hooks("before_update", **update(changes)) == []


def test_disk_that_has_grown_by_itself_is_no_change(cloud: Gcp) -> None:
    cloud.run()
    grown = {"settings.diskSize": 128.0}
    assert cloud.said_by_hooks("before_update", **update({}, state=grown)) == []
    assert refusals(changed(grown), SERVER) == []


def test_update_moves_no_instance_back_after_a_failover(cloud: Gcp) -> None:
    place = [{"zone": "us-east1-c", "secondaryZone": "us-east1-b"}]
    cloud.run(running={"settings": {"locationPreferences": place}})
    changes = {"settings.diskSize": 200.0}
    assert cloud.refused_by_hooks("before_update", **update(changes)) == (
        f"zone: a failover has moved instance {NAME} to us-east1-c, and this update would move it "
        "back to us-east1-b; type `pulumi refresh` first"
    )
    refreshed = {"settings.locationPreference.zone": "us-east1-c"}
    assert cloud.said_by_hooks("before_update", **update(changes, state=refreshed)) == []


def test_two_interruptions_are_two_lines(cloud: Gcp) -> None:
    cloud.run()
    changes = {"settings.tier": "db-custom-4-16384", "databaseVersion": "POSTGRES_18"}
    lines = cloud.refused_by_hooks("before_update", **update(changes)).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["size", "postgresVersion"]


def test_deletion_or_replacement_is_refused_with_its_cause(cloud: Gcp) -> None:
    cloud.run()
    line = cloud.refused_by_hooks("before_delete", old_inputs=SERVER)
    assert line.startswith(
        "protected: this update would delete or replace it: another server.encryptionKeyName, "
        "region or gcp:project"
    )


def test_second_instance_is_refused_while_one_exists(cloud: Gcp) -> None:
    cloud.run(running={})
    line = cloud.refused_by_hooks("before_create", new_inputs=SERVER)
    assert line.startswith(f"Refusing to create a second, empty instance: {NAME} already belongs")
    assert line.endswith(
        f"pulumi import type name {NAME} --parent "
        "postgres=urn:pulumi:dev::coder::coder:gcp:Postgres::postgres --generate-code=false"
    )


def test_stacks_are_spelled_differently() -> None:
    names = [
        "coder/dev",
        "coder/Dev",
        "coder/d_ev",
        "coder/d-ev",
        "coder/d.ev",
        "coder_/dev",
        "coder/_dev",
        "coder/_2fdev",
        "coder_2fdev/x",
        "coder/2f_dev",
        f"coder/{'x' * 60}",
        f"coder/{'x' * 61}",
        f"Coder/{'x' * 60}",
        f"coder/{'x' * 100}",
    ]
    labels = [spelled(name) for name in names]
    assert len(set(labels)) == len(names)
    for label in labels:
        assert POLICY.labels.value.fullmatch(label), label
        assert len(label) <= LONGEST_LABEL
    assert spelled("coder/dev") == "coder__dev"


UNSUITABLE_SOURCES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"databaseVersion": "POSTGRES_16"}, {},
     "postgresVersion: is 17, but {} has 16, and so does the server restored from it"),
    ({"settings": {"diskSize": 80}}, {},
     "storageGb: is 64, but {} has 80, and storage never shrinks"),
    ({"encryptionKeyName": f"{KEY}2"}, {"server": {"encryptionKeyName": KEY}},
     f"server.encryptionKeyName: is {KEY}, but {{}} is encrypted with {KEY}2; set it to that"),
    ({}, {"server": {"encryptionKeyName": KEY}},
     f"server.encryptionKeyName: is {KEY}, but {{}} is encrypted with a key of the cloud; remove"),
    ({"databaseVersion": "MYSQL_8_0"}, {},
     "restoreFrom.instance: old is no PostgreSQL instance"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "settings", "line"), UNSUITABLE_SOURCES)
@pytest.mark.parametrize("backup", [0, 1767225600000])
def test_unsuitable_restore_source_is_refused(
    cloud: Gcp, backup: int, source: dict[str, Any], settings: dict[str, Any], line: str
) -> None:
    cloud.instances["old"] = instance(**source)
    name = f"backup {backup} of instance old" if backup else "instance old"
    restore = {"instance": "old"} | ({"backupRunId": backup} if backup else {})
    (said,) = cloud.refuses(restoreFrom=restore, **settings)
    assert said.startswith(line.format(name))
    assert "`" not in said.partition("encrypted with")[2], "Cloud SQL copies no backup"


OTHER_NETWORK = {"ipConfigurations": [{"privateNetwork": SHARED, "serverCaMode": ""}]}
CAS = {"ipConfigurations": [{"privateNetwork": NETWORK, "serverCaMode": "GOOGLE_MANAGED_CAS_CA"}]}
UNSUITABLE_TO_CLONE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"region": "us-west1"}, {},
     "restoreFrom.instance: old is in us-west1, and so is a clone of it, but the cluster is in "
     "us-east1; restore one of its backups (restoreFrom.backupRunId)"),
    ({"settings": OTHER_NETWORK}, {}, f"restoreFrom.instance: old is in {SHARED}, and so is a"),
    ({"settings": CAS}, {},
     "server.caMode: is GOOGLE_MANAGED_INTERNAL_CA, but instance old has GOOGLE_MANAGED_CAS_CA"),
    ({"settings": {"backupConfigurations": [{"pointInTimeRecoveryEnabled": False}]}},
     {"time": "2026-01-31T03:00:00Z"},
     "restoreFrom.time: instance old has no point-in-time recovery; remove the time, or restore"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "restore", "line"), UNSUITABLE_TO_CLONE)
def test_source_that_only_a_backup_of_fits_is_not_cloned(
    cloud: Gcp, source: dict[str, Any], restore: dict[str, Any], line: str
) -> None:
    cloud.instances["old"] = instance(**copy.deepcopy(source))
    (said,) = cloud.refuses(restoreFrom={"instance": "old"} | restore)
    assert said.startswith(line)
    assert Gcp.run(cloud, restoreFrom={"instance": "old", "backupRunId": 1767225600000})


def test_unfinished_or_missing_backup_is_refused(cloud: Gcp) -> None:
    cloud.instances["old"] = instance()
    cloud.backups[2] = "RUNNING"
    (line,) = cloud.refuses(restoreFrom={"instance": "old", "backupRunId": 2})
    assert line == (
        "restoreFrom.backupRunId: 2 is RUNNING, must be SUCCESSFUL; list them: `gcloud sql backups "
        "list --instance=old --project=my-project`"
    )
    (line,) = cloud.refuses(restoreFrom={"instance": "old", "backupRunId": 3})
    assert line.startswith("restoreFrom.backupRunId: 3 of old can't be found: backup run not")


@pytest.mark.parametrize("nulls", [True, False])
def test_missing_source_instance_is_refused(cloud: Gcp, nulls: bool) -> None:
    cloud.nulls = nulls
    (line,) = cloud.refuses(restoreFrom={"instance": "gone"})
    assert line.startswith("restoreFrom.instance: gone can't be found: ")


def test_restore_source_is_ignored_once_the_instance_exists(cloud: Gcp) -> None:
    assert cloud.run(running={}, restoreFrom={"instance": "gone", "backupRunId": 1})


def test_interrupted_creations_can_be_imported(cloud: Gcp) -> None:
    cloud.peered = set()
    cloud.run(network={"privateServices": "create"})
    server = cloud.named("postgres-server")
    assert IMPORT_IDS[INSTANCE](server.plain) == f"projects/{PROJECT}/instances/{NAME}"
    assert {each.type for each in cloud.asked if each.type.startswith("gcp:")} == set(IMPORT_IDS)
    admin, connection = cloud.named("postgres-admin"), cloud.named("postgres-connection")
    assert IMPORT_IDS[admin.type](admin.plain) == f"{PROJECT}/{NAME}/coder_admin"
    assert IMPORT_IDS[connection.type](connection.plain) == (
        f"{NETWORK}:servicenetworking.googleapis.com"
    )
