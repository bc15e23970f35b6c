"""The inputs of the flexible server: private, encrypted, backed up, protected."""

import datetime
from typing import Any

import pulumi
import pytest

from components.azure.certificates import ROOTS
from tests.unit.azure import (
    CONFIGURATION,
    ENDPOINT,
    HOST,
    IDENTITY,
    KEY,
    LINK,
    LOCK,
    NAME,
    RECORD,
    SERVER,
    SERVER_ID,
    SUBNET,
    ZONE,
    Azure,
    rid,
)
from tests.unit.pretend import JOB, PASSWORD, SECRET
from tests.unit.stacks import Stack

V2 = {"chartVersion": "2.38.8"}


@pytest.fixture
def cloud() -> Azure:
    return Azure()


EXPECTED: dict[str, Any] = {
    "resourceGroupName": "coder",
    "serverName": NAME,
    "location": "westeurope",
    "version": "17",
    "availabilityZone": "1",
    "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
    "storage": {"storageSizeGB": 64, "autoGrow": "Enabled"},
    "backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Disabled"},
    "highAvailability": {"mode": "Disabled", "standbyAvailabilityZone": ""},
    "authConfig": {"passwordAuth": "Enabled", "activeDirectoryAuth": "Disabled", "tenantId": ""},
    "maintenanceWindow": {
        "customWindow": "Disabled", "dayOfWeek": 0, "startHour": 0, "startMinute": 0
    },
    "administratorLogin": "coder_admin",
    "tags": {"coder:stack": "coder/dev", "coder:zone": "1"},
}  # fmt: skip


@pytest.fixture(scope="module")
def default_server() -> dict[str, Any]:
    """The inputs of the server with default settings."""
    return Azure().run()


@pytest.mark.parametrize("key", EXPECTED)
def test_server_has_production_defaults(default_server: dict[str, Any], key: str) -> None:
    assert default_server[key] == EXPECTED[key]


def test_server_has_no_other_inputs(default_server: dict[str, Any]) -> None:
    others = {"administratorLoginPassword", "network"}
    assert default_server.keys() == EXPECTED.keys() | others


def test_second_update_is_no_change(default_server: dict[str, Any]) -> None:
    assert Azure().run(running={}) == default_server


REDUNDANT = {"highAvailabilityMode": "ZoneRedundant", "standbyZone": "3"}
CHANGED: list[tuple[Stack, dict[str, Any]]] = [
    ({"size": "medium"}, {"sku": {"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"}}),
    ({"size": "large"}, {"sku": {"name": "Standard_D8ds_v5", "tier": "GeneralPurpose"}}),
    ({"size": "Standard_E4ads_v5"},
     {"sku": {"name": "Standard_E4ads_v5", "tier": "MemoryOptimized"}}),
    ({"size": "Standard_B2ms"}, {"sku": {"name": "Standard_B2ms", "tier": "Burstable"}}),
    ({"backupDays": 30}, {"backup": {"backupRetentionDays": 30, "geoRedundantBackup": "Disabled"}}),
    ({"storageGb": 128}, {"storage": {"storageSizeGB": 128, "autoGrow": "Enabled"}}),
    ({"maxStorageGb": 64}, {"storage": {"storageSizeGB": 64, "autoGrow": "Disabled"}}),
    ({"running": {"storage": {"storageSizeGB": 128}}},
     {"storage": {"storageSizeGB": 128, "autoGrow": "Enabled"}}),
    ({"postgresVersion": "16"}, {"version": "16"}),
    ({"highAvailability": True},
     {"highAvailability": {"mode": "SameZone", "standbyAvailabilityZone": ""}}),
    ({"highAvailability": True, "server": REDUNDANT},
     {"highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "3"}}),
    ({"server": REDUNDANT},
     {"highAvailability": {"mode": "Disabled", "standbyAvailabilityZone": ""}}),
    ({"server": {"geoRedundantBackup": True}},
     {"backup": {"backupRetentionDays": 7, "geoRedundantBackup": "Enabled"}}),
    ({"server": {"keyUri": KEY, "identityId": IDENTITY}},
     {"dataEncryption": {"type": "AzureKeyVault", "primaryKeyURI": KEY,
                         "primaryUserAssignedIdentityId": IDENTITY},
      "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}}),
    ({"labels": {"Cost Center": "x"}}, {"tags": EXPECTED["tags"] | {"Cost Center": "x"}}),
    ({"server": {"resourceGroup": "data"}}, {"resourceGroupName": "data"}),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "inputs"), CHANGED)
def test_each_setting_reaches_the_server(
    cloud: Azure, settings: Stack, inputs: dict[str, Any]
) -> None:
    asked = cloud.run(**settings)
    assert {key: asked[key] for key in inputs} == inputs


WINDOW = {"customWindow": "Enabled", "dayOfWeek": 6, "startHour": 23, "startMinute": 5}


def test_maintenance_window_is_set_once_the_server_exists(cloud: Azure) -> None:
    """Azure ignores it in the request that creates a server, which must not look like its value."""
    server = {"maintenanceWindow": "Sat:23:05"}
    assert cloud.run(server=server)["maintenanceWindow"] == EXPECTED["maintenanceWindow"]
    (line,) = [line for line in cloud.said if line.startswith("server.maintenanceWindow")]
    assert "run `pulumi up` once more" in line
    second = Azure()
    assert second.run(running={}, server=server)["maintenanceWindow"] == WINDOW
    assert not [line for line in second.said if line.startswith("server.maintenanceWindow")]
    assert Azure().run(running={})["maintenanceWindow"] == EXPECTED["maintenanceWindow"], (
        "what is left out of a request would stay"
    )


@pytest.mark.parametrize(("day", "number"), [("sun", 0), ("mon", 1), ("sat", 6)])
def test_week_of_azure_begins_with_sunday(cloud: Azure, day: str, number: int) -> None:
    asked = cloud.run(running={}, server={"maintenanceWindow": f"{day}:04:30"})
    window = asked["maintenanceWindow"]
    assert (window["dayOfWeek"], window["startHour"], window["startMinute"]) == (number, 4, 30)


def test_server_and_its_network_are_protected(cloud: Azure) -> None:
    cloud.run()
    endpoint = Azure()
    endpoint.run(network={"privateEndpoint": {}})
    made = [*cloud.asked, *endpoint.asked]
    protected = {each.type for each in made if each.protect and "azure" in each.type}
    assert protected == {SERVER, SUBNET, ZONE, LINK, ENDPOINT, RECORD}
    for each in made:
        if each.type in protected:
            assert each.protect, each.name
            assert each.hooks.get("before_delete"), f"{each.name} has no hook at its deletion"


def test_protect_false_protects_nothing_and_says_that_the_backups_go(cloud: Azure) -> None:
    cloud.run(protect=False)
    assert not [each for each in cloud.asked if each.protect]
    assert not [each for each in cloud.asked if each.hooks.get("before_delete")]
    assert not cloud.all(LOCK)
    (line,) = [line for line in cloud.said if "pulumi destroy" in line]
    assert line.startswith(
        "`pulumi destroy` deletes the server and leaves no backup: Azure deletes the backups with "
        "the server; to keep the data, "
    )


def test_lock_is_made_after_all_children_of_the_server(cloud: Azure) -> None:
    cloud.run(network={"privateEndpoint": {}}, server={"parameters": {"work_mem": "8192"}})
    (lock,) = cloud.all(LOCK)
    assert lock.plain["level"] == "CanNotDelete"
    assert lock.plain["scope"] == SERVER_ID
    children = [each.urn for kind in (CONFIGURATION, ENDPOINT, RECORD) for each in cloud.all(kind)]
    assert len(children) == 4
    assert {*children, cloud.named("postgres-server").urn} <= lock.dependencies
    assert not lock.protect, "a protected one could not be removed by the update that unprotects"
    said = cloud.refused_by_hooks("before_delete", of="postgres-lock")
    assert said.startswith("protected: ")


@pytest.mark.parametrize("settings", [{"protect": False}, {"server": {"managementLock": False}}])
def test_lock_can_be_removed_by_the_update_that_wants_none(cloud: Azure, settings: Stack) -> None:
    cloud.run()
    (hook,) = cloud.named("postgres-lock").hooks["before_delete"]
    unlocked = Azure()
    unlocked.run(**settings)
    assert not unlocked.all(LOCK)
    call = pulumi.ResourceHookArgs("urn", "id", "name", "type")
    unlocked.hooks[hook].callback(call)


def test_zones_and_restore_source_are_ignored_as_changes(cloud: Azure) -> None:
    cloud.run()
    server = cloud.named("postgres-server")
    assert server.ignores == {
        "availabilityZone",
        "highAvailability.standbyAvailabilityZone",
        "sourceServerResourceId",
        "pointInTimeUTC",
        "createMode",
    }
    assert server.timeouts == {"create": "60m", "update": "80m", "delete": "60m"}


def test_major_upgrade_is_an_update_in_azures_words(cloud: Azure) -> None:
    server = cloud.run(running={}, postgresVersion="18")
    assert (server["version"], server["createMode"]) == ("18", "Update")
    assert "createMode" not in cloud.named("postgres-server").ignores
    assert Azure().run(running={"version": "14"}, postgresVersion="18"), "it may skip versions"


def test_parameters_are_set_one_after_the_other(cloud: Azure) -> None:
    parameters = {"work_mem": 8192, "log_connections": True, "max_connections": "500"}
    cloud.run(server={"parameters": parameters})
    made = cloud.all(CONFIGURATION)
    assert [(each.plain["configurationName"], each.plain["value"]) for each in made] == [
        ("azure.extensions", "citext,pg_trgm,pgcrypto,uuid-ossp"),
        ("log_connections", "on"),
        ("max_connections", "500"),
        ("work_mem", "8192"),
    ]
    for before, after in zip([cloud.named("postgres-server"), *made], made, strict=False):
        assert before.urn in after.dependencies, f"{after.name} would meet a busy server"
        assert after.plain["serverName"] == NAME
        assert after.plain["source"] == "user-override"


def test_parameters_come_after_the_endpoint(cloud: Azure) -> None:
    cloud.run(network={"privateEndpoint": {}})
    (parameter,) = cloud.all(CONFIGURATION)
    (record,) = cloud.all(RECORD)
    (endpoint,) = cloud.all(ENDPOINT)
    assert record.urn in parameter.dependencies
    assert endpoint.urn in record.dependencies


def test_parameters_are_not_reset_when_their_server_is_deleted(cloud: Azure) -> None:
    cloud.run()
    (parameter,) = cloud.all(CONFIGURATION)
    assert parameter.deleted_with == cloud.named("postgres-server").urn


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({}, "citext,pg_trgm,pgcrypto,uuid-ossp"),
        (V2, None),
        (V2 | {"server": {"parameters": {"azure.extensions": "HSTORE"}}}, "HSTORE"),
        ({"server": {"parameters": {"azure.extensions": "HSTORE,PGCRYPTO"}}},
         "citext,hstore,pg_trgm,pgcrypto,uuid-ossp"),
    ],
)  # fmt: skip
def test_extensions_of_the_classic_chart_are_allowed(
    cloud: Azure, settings: Stack, value: str | None
) -> None:
    cloud.run(**settings)
    made = [each.plain for each in cloud.all(CONFIGURATION)]
    found = {each["configurationName"]: each["value"] for each in made}
    assert found.get("azure.extensions") == value


def test_all_taggable_resources_have_the_labels_that_they_take(cloud: Azure) -> None:
    labels = {"team": "x", "Cost Center": "7"} | {f"l{number:02}": "" for number in range(20)}
    cloud.run(labels=labels, network={"privateEndpoint": {}})
    for kind in (SERVER, ENDPOINT):
        (made,) = cloud.all(kind)
        assert labels.items() <= made.plain["tags"].items()
    for kind in (ZONE, LINK):
        (made,) = cloud.all(kind)
        assert set(made.plain["tags"]) == {f"l{number:02}" for number in range(15)}


def test_connection_is_verified_with_azures_roots(cloud: Azure) -> None:
    cloud.run()
    login = cloud.named("coder-db-blue").plain["stringData"]
    assert login["host"] == HOST
    assert "sslmode=verify-full" in login["url"]
    assert [f"# {root}" for root in ROOTS] == [
        line for line in login["ca.crt"].splitlines() if line.startswith("#")
    ]


def test_own_ca_replaces_azures_roots(cloud: Azure, ca_file: str, other_ca: str) -> None:
    cloud.run(caCertificate=ca_file)
    assert cloud.named("coder-db-blue").plain["stringData"]["ca.crt"] == other_ca


@pytest.mark.parametrize("running", [None, {}])
def test_job_waits_for_the_server_and_all_that_its_name_needs(
    cloud: Azure, running: dict[str, Any] | None
) -> None:
    cloud.run(network={"privateEndpoint": {}}, running=running)
    needed = {
        each.urn
        for kind in (SERVER, ENDPOINT, RECORD, CONFIGURATION)
        for each in cloud.all(kind)
    }  # fmt: skip
    assert len(needed) == 4
    assert needed <= cloud.named("postgres-database-roles").dependencies
    text = str(cloud.named("postgres-database-roles").plain["spec"])
    assert HOST in text


def test_admin_login_is_not_in_the_namespace_of_coder(cloud: Azure) -> None:
    cloud.run()
    made = {each.name for each in cloud.all(PASSWORD)}
    assert made == {
        "postgres-admin-password",
        "postgres-database-blue",
        "postgres-database-green",
    }
    holders = {
        each.name for each in cloud.all(SECRET) if "coder_admin" in str(each.plain["stringData"])
    }
    assert holders == {"postgres-database-credentials"}


def test_admin_password_is_a_secret(cloud: Azure) -> None:
    cloud.run()
    assert '"administratorLoginPassword": "[secret]"' in cloud.named("postgres-server").in_the_clear
    asked = cloud.named("postgres-admin-password").plain
    assert asked["length"] == 32
    assert "keepers" not in asked


def restored(cloud: Azure, source: str, **settings: Any) -> dict[str, Any]:
    """The inputs of a server that the first update restores."""
    restore = {"server": source, **settings.pop("time", {})}
    with pytest.raises(pulumi.RunError) as error:
        cloud.run(restoreFrom=restore, **settings)
    assert str(error.value) == (
        f"restoreFrom: server {NAME} is restored, and has the admin password of its source; type "
        "`pulumi up` again, which sets a password of its own and installs Coder"
    )
    assert not cloud.all(JOB), "a Job could not log in"
    return cloud.named("postgres-server").plain


def test_restored_server_is_a_point_in_time_of_its_source(cloud: Azure) -> None:
    time = "2026-01-31T03:00:00Z"
    server = restored(cloud, "old", time={"time": time})
    assert server["createMode"] == "PointInTimeRestore"
    assert server["pointInTimeUTC"] == time
    assert server["sourceServerResourceId"] == SERVER_ID.replace(NAME, "old")
    assert server["tags"]["coder:restored-from"] == "old"
    elsewhere = rid("Microsoft.DBforPostgreSQL/flexibleServers", "old", group="data")
    assert restored(Azure(), elsewhere)["sourceServerResourceId"] == elsewhere
    latest = restored(Azure(), "old")["pointInTimeUTC"]
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(latest)
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=5)


def test_plaintext_is_refused_whatever_the_source_of_a_restore_did(cloud: Azure) -> None:
    restored(cloud, "old", **V2)
    (parameter,) = cloud.all(CONFIGURATION)
    assert parameter.plain["configurationName"] == "require_secure_transport"
    assert parameter.plain["value"] == "on"
    again = Azure()
    again.run(running={"tags": RESTORED}, **V2)
    assert [each.plain["value"] for each in again.all(CONFIGURATION)] == ["on"]


RESTORED = EXPECTED["tags"] | {"coder:restored-from": "old"}


def test_restored_server_gets_a_password_of_its_own_by_the_next_update(cloud: Azure) -> None:
    """A restored server has its source's password until it is changed."""
    restored(cloud, "old")
    assert "keepers" not in cloud.named("postgres-admin-password").plain
    (line,) = [line for line in cloud.said if line.startswith("restoreFrom:")]
    assert line.startswith("restoreFrom: this update ends when the server is restored")
    for settings in ({"restoreFrom": {"server": "old"}}, {}):
        second = Azure()
        server = second.run(running={"tags": RESTORED}, **settings)
        assert second.named("postgres-admin-password").plain["keepers"] == {"restoredFrom": "old"}
        assert server["createMode"] == "Update", "the request must not restore once more"
        assert "createMode" not in second.named("postgres-server").ignores
        assert not {"sourceServerResourceId", "pointInTimeUTC"} & server.keys()
        assert server["tags"] == RESTORED


def test_admin_password_of_a_restored_server_rotates_too(cloud: Azure) -> None:
    cloud.run(running={"tags": RESTORED}, passwordGeneration=2)
    keepers = cloud.named("postgres-admin-password").plain["keepers"]
    assert keepers == {"generation": "2", "restoredFrom": "old"}


def test_all_azure_resources_are_children_of_the_component(cloud: Azure) -> None:
    cloud.run()
    for each in cloud.asked:
        if each.type.startswith("azure-native:"):
            assert each.parent.endswith("coder:azure:Postgres::postgres"), each.name
            assert each.name.startswith("postgres-")
