"""The inputs of the Cloud SQL instance and its network: private, encrypted, backed up, kept."""

from typing import Any

import pytest

from components.gcp.instance import name_prefix
from components.gcp.policy import POLICY
from components.guards import value_at
from tests.unit.gcp import (
    CONNECTION,
    DNS_NAME,
    HOST,
    INSTANCE,
    KEY,
    NAME,
    NETWORK,
    PROJECT,
    RANGE,
    SHARED,
    USER,
    Gcp,
    instance,
)
from tests.unit.pretend import PASSWORD, SECRET
from tests.unit.stacks import Stack


@pytest.fixture
def cloud() -> Gcp:
    return Gcp()


EXPECTED: dict[str, Any] = {
    "name": NAME,
    "project": PROJECT,
    "region": "us-east1",
    "databaseVersion": "POSTGRES_17",
    "encryptionKeyName": None,
    "deletionProtection": True,
    "settings.edition": "ENTERPRISE",
    "settings.tier": "db-custom-2-8192",
    "settings.diskType": "PD_SSD",
    "settings.diskSize": 64,
    "settings.diskAutoresize": True,
    "settings.diskAutoresizeLimit": 256,
    "settings.availabilityType": "ZONAL",
    "settings.locationPreference": {"zone": "us-east1-b"},
    "settings.ipConfiguration": {
        "ipv4Enabled": False,
        "privateNetwork": NETWORK,
        "sslMode": "ENCRYPTED_ONLY",
        "serverCaMode": "GOOGLE_MANAGED_INTERNAL_CA",
    },
    "settings.backupConfiguration": {
        "enabled": True,
        "startTime": "03:00",
        "backupRetentionSettings": {"retainedBackups": 7, "retentionUnit": "COUNT"},
        "pointInTimeRecoveryEnabled": True,
        "transactionLogRetentionDays": 7,
    },
    "settings.maintenanceWindow": {"day": 7, "hour": 4, "updateTrack": "stable"},
    "settings.insightsConfig": {"queryInsightsEnabled": True, "queryStringLength": 1024},
    "settings.databaseFlags": None,
    "settings.deletionProtectionEnabled": True,
    "settings.finalBackupConfig": {"enabled": True, "retentionDays": 30},
    "settings.userLabels": {"coder-stack": "coder__dev", "coder-zone": "us-east1-b"},
    "clone": None,
    "restoreBackupContext": None,
}


@pytest.fixture(scope="module")
def default_instance() -> dict[str, Any]:
    """The inputs of the instance with default settings."""
    return Gcp().run()


@pytest.mark.parametrize("path", EXPECTED)
def test_instance_has_production_defaults(default_instance: dict[str, Any], path: str) -> None:
    assert value_at(default_instance, path) == EXPECTED[path]


BACKUP = {"instance": "old", "backupRunId": 1767225600000}
CHANGED: list[tuple[Stack, dict[str, Any]]] = [
    ({"size": "medium"}, {"settings.tier": "db-custom-4-16384"}),
    ({"size": "large"}, {"settings.tier": "db-custom-8-32768"}),
    ({"size": "db-custom-1-3840"}, {"settings.tier": "db-custom-1-3840"}),
    ({"size": "db-perf-optimized-N-2"}, {"settings.edition": "ENTERPRISE_PLUS"}),
    ({"server": {"edition": "ENTERPRISE_PLUS"}, "backupDays": 40},
     {"settings.edition": "ENTERPRISE_PLUS", "settings.tier": "db-perf-optimized-N-2",
      "settings.backupConfiguration.transactionLogRetentionDays": 35,
      "settings.backupConfiguration.backupRetentionSettings.retainedBackups": 40}),
    ({"backupDays": 30},
     {"settings.backupConfiguration.transactionLogRetentionDays": 7,
      "settings.backupConfiguration.backupRetentionSettings.retainedBackups": 30}),
    ({"backupDays": 3}, {"settings.backupConfiguration.transactionLogRetentionDays": 3}),
    ({"postgresVersion": "16"}, {"databaseVersion": "POSTGRES_16"}),
    ({"storageGb": 100, "maxStorageGb": 100},
     {"settings.diskSize": 100, "settings.diskAutoresize": False,
      "settings.diskAutoresizeLimit": 0}),
    ({"highAvailability": True},
     {"settings.availabilityType": "REGIONAL",
      "settings.locationPreference": {"zone": "us-east1-b", "secondaryZone": "us-east1-c"}}),
    ({"protect": False},
     {"deletionProtection": False, "settings.deletionProtectionEnabled": False,
      "settings.finalBackupConfig.enabled": True}),
    ({"server": {"encryptionKeyName": KEY}}, {"encryptionKeyName": KEY}),
    ({"server": {"caMode": "GOOGLE_MANAGED_CAS_CA"}},
     {"settings.ipConfiguration.serverCaMode": "GOOGLE_MANAGED_CAS_CA"}),
    ({"server": {"backupStartTime": "23:30", "maintenanceWindow": "Mon:00"}},
     {"settings.backupConfiguration.startTime": "23:30", "settings.maintenanceWindow.day": 1,
      "settings.maintenanceWindow.hour": 0}),
    ({"server": {"databaseFlags": {"work_mem": 8192, "cloudsql.enable_pgaudit": "on"}}},
     {"settings.databaseFlags": [{"name": "cloudsql.enable_pgaudit", "value": "on"},
                                 {"name": "work_mem", "value": "8192"}]}),
    ({"server": {"finalBackupDays": 7}}, {"settings.finalBackupConfig.retentionDays": 7}),
    ({"labels": {"team": "x"}},
     {"settings.userLabels": EXPECTED["settings.userLabels"] | {"team": "x"}}),
    ({"network": {"allocatedIpRange": "google-managed-services-dev"}},
     {"settings.ipConfiguration.allocatedIpRange": "google-managed-services-dev"}),
    ({"restoreFrom": BACKUP},
     {"clone": None, "restoreBackupContext": {"backupRunId": 1767225600000, "instanceId": "old",
                                              "project": PROJECT}}),
    ({"restoreFrom": {"instance": "old"}, "zone": "us-east1-d"},
     {"restoreBackupContext": None, "settings.tier": "db-custom-2-8192",
      "clone": {"sourceInstanceName": "old", "preferredZone": "us-east1-d"}}),
    ({"restoreFrom": {"instance": "old", "time": "2026-01-31T03:00:00Z"},
      "network": {"allocatedIpRange": "google-managed-services-dev"}},
     {"clone": {"sourceInstanceName": "old", "preferredZone": "us-east1-b",
                "pointInTime": "2026-01-31T03:00:00Z",
                "allocatedIpRange": "google-managed-services-dev"}}),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "inputs"), CHANGED)
def test_each_setting_reaches_the_instance(
    cloud: Gcp, settings: Stack, inputs: dict[str, Any]
) -> None:
    cloud.instances["old"] = instance()
    asked = cloud.run(**settings)
    assert {path: value_at(asked, path) for path in inputs} == inputs


def test_name_is_new_for_each_instance(cloud: Gcp) -> None:
    cloud.run()
    assert cloud.named("postgres-suffix").plain["keepers"] == {
        "encryptionKeyName": "",
        "project": PROJECT,
        "region": "us-east1",
    }, "a replaced instance can't have the name of the one that it replaces"


@pytest.mark.parametrize(
    ("stack", "prefix"),
    [
        ("coder/dev", "coder-coder-dev-"),
        ("Coder/a_b.C-", "coder-coder-a-b-c-"),
        (f"c/{'x' * 50}", f"coder-c-{'x' * 32}-"),
        (f"{'c' * 33}/x", f"coder-{'c' * 33}-"),
    ],
)
def test_name_is_valid_for_any_stack_name(stack: str, prefix: str) -> None:
    assert name_prefix(stack) == prefix


def test_zones_and_restore_source_are_ignored_as_changes(cloud: Gcp) -> None:
    cloud.run(highAvailability=True)
    server = cloud.named("postgres-server")
    assert server.ignores == {
        "settings.locationPreference.zone",
        "clone",
        "restoreBackupContext",
    }
    assert server.timeouts == {"create": "60m", "update": "80m", "delete": "60m"}


def test_instance_is_protected(cloud: Gcp) -> None:
    cloud.run()
    protected = {each.type for each in cloud.asked if each.protect and "gcp:" in each.type}
    assert protected == {INSTANCE}
    assert cloud.named("postgres-server").hooks.get("before_delete")


def test_protect_false_protects_nothing(cloud: Gcp) -> None:
    cloud.peered = set()
    cloud.run(protect=False, network={"privateServices": "create"})
    assert not [each for each in cloud.asked if each.protect]
    assert not [each for each in cloud.asked if each.hooks.get("before_delete")]


def test_each_deletion_guard_follows_protect(cloud: Gcp) -> None:
    assert len(POLICY.deletion_guards) == 2
    unprotected = Gcp()
    before, after = cloud.run(), unprotected.run(protect=False)
    for guard in POLICY.deletion_guards:
        assert value_at(before, guard) is True
        assert value_at(after, guard) is False
    assert (
        "`pulumi destroy` deletes the instance and leaves a final backup for server.finalBackupDays"
        in unprotected.said
    )


def test_admin_is_left_to_the_deletion_of_the_instance(cloud: Gcp) -> None:
    cloud.run()
    (admin,) = cloud.all(USER)
    assert admin.plain == {
        "name": "coder_admin",
        "instance": NAME,
        "project": PROJECT,
        "password": "",
        "deletionPolicy": "ABANDON",
    }
    assert '"password": "[secret]"' in admin.in_the_clear


def test_admin_exists_before_its_login_is_used(cloud: Gcp) -> None:
    cloud.run()
    (admin,) = cloud.all(USER)
    assert admin.urn in cloud.named("postgres-database-credentials").dependencies


def test_admin_password_needs_no_escaping(cloud: Gcp) -> None:
    cloud.run()
    asked = cloud.named("postgres-admin-password").plain
    assert (asked["length"], asked["overrideSpecial"]) == (32, "-_~")


def test_admin_login_is_not_in_the_namespace_of_coder(cloud: Gcp) -> None:
    cloud.run()
    assert {each.name for each in cloud.all(PASSWORD)} == {
        "postgres-admin-password",
        "postgres-database-blue",
        "postgres-database-green",
    }
    holders = {
        each.name for each in cloud.all(SECRET) if "coder_admin" in str(each.plain["stringData"])
    }
    assert holders == {"postgres-database-credentials"}


def test_address_is_verified_by_the_ca_alone(cloud: Gcp) -> None:
    cloud.run()
    login = cloud.named("coder-db-blue").plain["stringData"]
    assert login["host"] == HOST
    assert "sslmode=verify-ca" in login["url"]
    assert "ca-1" in login["ca.crt"]
    assert cloud.exports["databaseSslMode"] == "verify-ca"


def test_name_is_verified_where_the_ca_signs_it(cloud: Gcp) -> None:
    cloud.run(server={"caMode": "GOOGLE_MANAGED_CAS_CA"})
    login = cloud.named("coder-db-blue").plain["stringData"]
    assert login["host"] == DNS_NAME
    assert "sslmode=verify-full" in login["url"]


def test_ca_of_a_new_instance_is_no_secret(cloud: Gcp) -> None:
    cloud.run()
    assert "[secret]" not in cloud.named("coder-preflight").in_the_clear


def test_database_from_a_backup_is_taken_over(cloud: Gcp) -> None:
    cloud.run()
    (container,) = cloud.named("postgres-database-roles").plain["spec"]["template"]["spec"][
        "containers"
    ]
    assert {"name": "OWNER_ANY_STACK", "value": "yes"} in container["env"]


def test_existing_connection_is_left_alone(cloud: Gcp) -> None:
    cloud.run()
    assert not cloud.all(RANGE)
    assert not cloud.all(CONNECTION)


def created(cloud: Gcp, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The range and the connection that a stack makes."""
    cloud.peered = set()
    cloud.run(network={"privateServices": "create"} | changes.pop("network", {}), **changes)
    (range,), (connection,) = cloud.all(RANGE), cloud.all(CONNECTION)
    return range.plain, connection.plain


def test_connection_is_made_before_the_instance_if_asked_for(cloud: Gcp) -> None:
    range, connection = created(cloud, labels={"team": "x"})
    assert range == {
        "project": PROJECT,
        "network": NETWORK,
        "purpose": "VPC_PEERING",
        "addressType": "INTERNAL",
        "prefixLength": 20,
        "labels": {"team": "x"},
        "deletionPolicy": "ABANDON",
    }
    assert connection == {
        "network": NETWORK,
        "service": "servicenetworking.googleapis.com",
        "reservedPeeringRanges": ["postgres-range-1a2b3c"],
        "deletionPolicy": "ABANDON",
    }
    server = cloud.named("postgres-server")
    assert cloud.named("postgres-connection").urn in server.dependencies
    for name in ("postgres-range", "postgres-connection"):
        assert cloud.named(name).protect
        assert cloud.named(name).hooks["before_delete"]


def test_destroy_leaves_no_connection_that_nobody_needs(cloud: Gcp) -> None:
    cloud.instances["elsewhere"] = instance(
        name="elsewhere", settings={"ipConfigurations": [{"privateNetwork": SHARED}]}
    )
    range, connection = created(cloud, protect=False, running={})
    assert connection["deletionPolicy"] == "REMOVE_PEERING"
    assert range["deletionPolicy"] == "DELETE"
    assert any("if another service uses it (Memorystore, AlloyDB" in line for line in cloud.said)


def test_destroy_leaves_the_connection_that_another_instance_uses(cloud: Gcp) -> None:
    cloud.instances["other"] = instance(name="other", databaseVersion="MYSQL_8_0")
    range, connection = created(cloud, protect=False, running={})
    assert connection["deletionPolicy"] == range["deletionPolicy"] == "ABANDON"
    assert any("because instance other may need it" in line for line in cloud.said)


def test_destroy_leaves_the_connection_of_a_shared_vpc(cloud: Gcp) -> None:
    cloud.cluster["network"] = SHARED
    range, connection = created(cloud, protect=False)
    assert range["project"] == "host-project"
    assert connection["deletionPolicy"] == range["deletionPolicy"] == "ABANDON"


def test_all_google_resources_are_children_of_the_component(cloud: Gcp) -> None:
    created(cloud)
    made = [each for each in cloud.asked if each.type.startswith("gcp:")]
    assert {each.type for each in made} == {INSTANCE, USER, RANGE, CONNECTION}
    for each in made:
        assert each.parent.endswith("coder:gcp:Postgres::postgres"), each.name
        assert each.name.startswith("postgres-")
