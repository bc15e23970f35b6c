"""Requests that the simulated Cloud SQL refuses, with the API's words."""

import time
from typing import Any

import pytest

from sandbox.providers.cloud.servers import Servers
from sandbox.providers.framework.errors import Failure, InitFailed
from tests.unit.providers.gcp import (
    BARE,
    INSTANCE,
    PROJECT,
    PROJECT_ID,
    changed,
    checked,
    make,
    operation,
    record,
    refused,
    update,
)

CREATING = "1 error occurred:\n\t* Error, failed to create instance one: googleapi: Error "
TIER = "Invalid request: Invalid Tier ({}) for ({}) Edition. Use a "
REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"tier": "db-n1-standard-1"}, {}, "400: Invalid request: Only custom or shared-core instance "
     "Billing Tier type allowed for PostgreSQL database., invalid"),
    ({"tier": "nonsense"}, {}, "Only custom or shared-core instance"),
    ({"tier": "db-perf-optimized-N-2"}, {},
     TIER.format("db-perf-optimized-N-2", "ENTERPRISE") + "custom Tier"),
    ({"edition": None}, {},
     TIER.format("db-custom-2-8192", "ENTERPRISE_PLUS") + "predefined Tier like db-perf-optimized"),
    ({"edition": "ENTERPRISE_PLUS", "tier": "db-g1-small"}, {},
     TIER.format("db-g1-small", "ENTERPRISE_PLUS")),
    ({"tier": "db-custom-3-8192"}, {}, "invalid number of vCPUs: 3"),
    ({"tier": "db-custom-98-376320"}, {}, "invalid number of vCPUs: 98"),
    ({"tier": "db-custom-2-3584"}, {}, "invalid memory size for 2 vCPUs: 3584"),
    ({"tier": "db-custom-2-8000"}, {}, "invalid memory size for 2 vCPUs: 8000"),
    ({"tier": "db-custom-2-13568"}, {}, "invalid memory size for 2 vCPUs: 13568"),
    ({"tier": "db-custom-8-7168"}, {}, "invalid memory size for 8 vCPUs: 7168"),
    ({"locationPreference.zone": "us-east1-a"}, {}, "Invalid zone us-east1-a"),
    ({"locationPreference.secondaryZone": "us-east1-b"}, {},
     "The secondary zone must be different from the primary zone"),
    ({"availabilityType": "REGIONAL", "backupConfiguration.enabled": False}, {},
     "Backups must be enabled for a regional"),
    ({"backupConfiguration": {"pointInTimeRecoveryEnabled": True}}, {},
     "Point-in-time recovery can only be enabled if backups are enabled"),
    ({"backupConfiguration.transactionLogRetentionDays": 8}, {},
     "400: Invalid request: The number of transaction log retention days must be between 1 and 7., "
     "invalid"),
    ({"backupConfiguration.backupRetentionSettings": {"retainedBackups": 3}}, {},
     "must not be less than the number of transaction log"),
    ({"backupConfiguration.backupRetentionSettings": {"retainedBackups": 366}}, {},
     "retained backups must be between 1 and 365"),
    ({"backupConfiguration.startTime": "24:00"}, {}, "Invalid backup start time: 24:00"),
    ({"backupConfiguration.binaryLogEnabled": True}, {}, "only be enabled for MySQL"),
    ({"finalBackupConfig": {"enabled": True, "retentionDays": 366}}, {},
     "final backup must be between 1 and 365"),
    ({"diskSize": 9}, {}, "Invalid disk size 9 GB"),
    ({"diskAutoresizeLimit": 15}, {}, "must not be less than the disk size"),
    ({"diskType": "HYPERDISK_BALANCED"}, {}, "not simulated: diskType"),
    ({"insightsConfig.queryStringLength": 5000}, {}, "must be between 256 and 4500"),
    ({"insightsConfig.queryPlansPerMinute": 21}, {}, "must be between 0 and 20"),
    ({"dataCacheConfig.dataCacheEnabled": True}, {}, "only supported for Enterprise Plus edition"),
    ({"activationPolicy": "NEVER"}, {}, "not simulated: an activationPolicy"),
    ({"userLabels": {"Stack": "dev"}}, {}, "Label key 'Stack' is invalid"),
    ({"userLabels": {"1": "dev"}}, {}, "Label key '1' is invalid"),
    ({"userLabels": {"stack": "coder/dev"}}, {}, "Label value 'coder/dev' of key 'stack'"),
    ({"userLabels": {"stack": "Dev"}}, {}, "Label value 'Dev' of key 'stack'"),
    ({"userLabels": {"stack": "x" * 64}}, {}, "of key 'stack' is invalid"),
    ({"userLabels": {f"a{number}": "x" for number in range(65)}}, {}, "At most 64 labels"),
    ({"databaseFlags": [{"name": "nonsense", "value": "1"}]}, {},
     "400: Invalid flag requested: nonsense., invalidFlagName"),
    ({"databaseFlags": [{"name": "listen_addresses", "value": "*"}]}, {}, "invalidFlagName"),
    ({"databaseFlags": [{"name": "log_lock_waits", "value": "1"}]}, {},
     "Failed to set log_lock_waits: 1 was not an expected string., invalidFlagValue"),
    ({"databaseFlags": [{"name": "max_connections", "value": "many"}]}, {}, "invalidFlagValue"),
    ({"databaseFlags": [{"name": "max_connections", "value": "13"}]}, {}, "invalidFlagValue"),
    ({"databaseFlags": [{"name": "max_connections", "value": "99"}] * 2}, {}, "requested twice"),
    ({"databaseFlags": [{"name": "transaction_timeout", "value": "1"}]}, {}, "invalidFlagName"),
    ({"ipConfiguration": {"ipv4Enabled": False}}, {}, "At least one of Public IP or Private IP"),
    ({"ipConfiguration": {"ipv4Enabled": True}}, {}, "not simulated: ipConfiguration.ipv4Enabled"),
    ({"ipConfiguration.allocatedIpRange": "mine"}, {}, "The allocated IP range mine is not"),
    ({"ipConfiguration.privateNetwork": f"projects/{PROJECT_ID}/global/networks/none"}, {},
     f"400: Invalid request: Incorrect Service Networking config for instance: {PROJECT_ID}:one:"
     "NETWORK_NOT_PEERED., invalid"),
    ({"ipConfiguration.privateNetwork": "projects/host/global/networks/dev"}, {},
     "NETWORK_NOT_PEERED"),
    ({"ipConfiguration.sslMode": "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"}, {}, "not simulated"),
    ({"ipConfiguration.serverCaMode": "CUSTOMER_MANAGED_CAS_CA"}, {}, "not simulated"),
    ({}, {"databaseVersion": "POSTGRES_99"},
     "400: Invalid value at 'body.database_version' (TYPE_ENUM), \"POSTGRES_99\", badRequest"),
    ({}, {"databaseVersion": "17"}, "Invalid value at 'body.database_version'"),
    ({"locationPreference": None}, {"region": "mars"}, "400: Invalid value for region: mars"),
    ({}, {"encryptionKeyName": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"},
     "it must be a key in the region us-east1"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "inputs", "words"), REFUSED)
def test_creation_is_refused_with_the_apis_words(
    settings: dict[str, Any], inputs: dict[str, Any], words: str
) -> None:
    said = refused(lambda: make(settings, **inputs))
    assert said.startswith(CREATING)
    assert words in said


@pytest.mark.parametrize(
    ("settings", "inputs"),
    [
        ({"tier": "db-f1-micro"}, {}),
        ({"tier": "db-custom-1-3840"}, {}),
        ({"tier": "db-custom-2-13312"}, {}),
        ({"tier": "db-custom-96-638976"}, {}),
        ({"edition": None, "tier": "db-custom-2-8192"}, {"databaseVersion": "POSTGRES_15"}),
        ({"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2",
          "backupConfiguration": {"enabled": True, "transactionLogRetentionDays": 35,
                                  "backupRetentionSettings": {"retainedBackups": 35}},
          "insightsConfig": {"queryStringLength": 10000}}, {}),
        ({"userLabels": {"stack": "coder--dev_1", "zone": "", "länge": "größe"}}, {}),
        ({"databaseFlags": [{"name": "pg_stat_statements.track", "value": "all"},
                            {"name": "cloudsql.logical_decoding", "value": "on"}]}, {}),
        ({"ipConfiguration.allocatedIpRange": "google-managed-services-dev"}, {}),
        ({}, {"encryptionKeyName": "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"}),
        ({"locationPreference.zone": "us-central1-f"}, {"region": "us-central1"}),
    ],
)  # fmt: skip
def test_what_cloud_sql_accepts_is_created(
    settings: dict[str, Any], inputs: dict[str, Any]
) -> None:
    assert make(settings, **inputs)["privateIpAddress"].startswith("10.90.0.")


def test_network_without_private_services_access_is_refused_before_the_request() -> None:
    said = refused(lambda: make({"ipConfiguration.privateNetwork": BARE}))
    assert said == (
        "1 error occurred:\n\t* Error, failed to create instance because the network doesn't have "
        "at least 1 private services connection. Please see https://cloud.google.com/sql/docs/mysql"
        "/private-ip#network_requirements for how to create this connection.\n\n"
    )


@pytest.mark.parametrize("name", ["One", "1one", "one_two", "one-", "x" * 80])
def test_invalid_name_is_refused(name: str) -> None:
    said = refused(lambda: make(name=name))
    assert f"Invalid request: Invalid full instance name: {PROJECT_ID}:{name}., invalid" in said


def test_name_can_be_used_again_after_a_week() -> None:
    state = make()
    assert "409: The Cloud SQL instance already exists. When you" in refused(make)
    INSTANCE.delete(operation(), "one", state)
    said = refused(make)
    assert said.startswith(CREATING)
    assert "you can't reuse the name of the deleted instance until one week" in said
    assert said.strip().endswith(", instanceAlreadyExists")
    with PROJECT.transaction() as data:
        data["deleted"]["one"]["time"] = time.time() - 7 * 24 * 3600 - 1
    make()


def test_name_of_a_failed_creation_is_burned(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise Failure("no server")

    with monkeypatch.context() as broken:
        broken.setattr(Servers, "create", fails)
        with pytest.raises(Failure, match="no server"):
            make()
    assert not PROJECT.read()["instances"]
    with pytest.raises(Failure, match="instanceAlreadyExists"):
        make()


UPDATES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"databaseVersion": "POSTGRES_16"}, "patch instance settings for : googleapi: Error 400: "
     "Invalid request: Database version upgrade from POSTGRES_17 to POSTGRES_16 is not supported"),
    ({"tier": "db-perf-optimized-N-2"}, {}, "Invalid Tier (db-perf-optimized-N-2)"),
    ({"edition": "ENTERPRISE_PLUS"}, {}, "patch instance settings for : googleapi: Error 400: "
     "Invalid request: Invalid Tier (db-custom-2-8192) for (ENTERPRISE_PLUS) Edition"),
    ({"diskSize": 15, "diskAutoresize": False}, {}, "The disk size can't be decreased"),
    ({"availabilityType": "REGIONAL", "backupConfiguration.enabled": False}, {},
     "Backups must be enabled"),
    ({"ipConfiguration.serverCaMode": "GOOGLE_MANAGED_CAS_CA"}, {}, "not simulated: another"),
    ({"ipConfiguration.privateNetwork": BARE}, {}, "not simulated: another privateNetwork"),
    ({"databaseFlags": [{"name": "nonsense", "value": "1"}]}, {},
     "failed to update instance settings for : googleapi: Error 400: Invalid flag requested"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "inputs", "words"), UPDATES)
def test_refused_update_leaves_the_planned_values_in_the_state(
    settings: dict[str, Any], inputs: dict[str, Any], words: str
) -> None:
    state = make()
    before = PROJECT.read()
    with pytest.raises(InitFailed) as error:
        update(state, settings, **inputs)
    assert words in str(error.value)
    assert PROJECT.read() == before
    planned = checked(settings, **inputs)
    assert error.value.state["databaseVersion"] == planned["databaseVersion"]
    for key, value in planned["settings"].items():
        if not isinstance(value, dict):
            assert error.value.state["settings"][key] == value
    assert error.value.state["settings"]["version"] == 1, "what Cloud SQL fills in stays"
    assert changed(error.value.state, settings, **inputs) == (set(), set())
    assert record()["settings"]["tier"] == "db-custom-2-8192"
