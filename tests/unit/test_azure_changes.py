"""Refusals and messages of a flexible server's hooks, called as the engine calls them."""

from typing import Any

import pytest

from components.azure.policy import POLICY
from tests.unit.azure import (
    CLUSTER_ID,
    DELEGATED,
    KEY,
    NAME,
    NODES,
    SERVER_ID,
    SOURCE,
    Azure,
)

SERVER: dict[str, Any] = {
    "serverName": NAME,
    "network": {"delegatedSubnetResourceId": DELEGATED, "publicNetworkAccess": "Disabled"},
    "storage": {"storageSizeGB": 128.0, "autoGrow": "Enabled"},
    "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
    "version": "17",
    "highAvailability": {"mode": "Disabled", "standbyAvailabilityZone": ""},
    "backup": {"backupRetentionDays": 7.0, "geoRedundantBackup": "Disabled"},
    "availabilityZone": "1",
    "tags": {"coder:zone": "1"},
}
"""Inputs as the engine passes them to a hook: numbers are floats."""
STANDBY = {"highAvailability": {"mode": "SameZone"}}
REDUNDANT = {"highAvailability": {"mode": "ZoneRedundant"}}
BURSTABLE = {"sku": {"name": "Standard_B2ms", "tier": "Burstable"}}


@pytest.fixture
def cloud() -> Azure:
    return Azure()


def size(gb: float) -> dict[str, Any]:
    return {"storage": {"storageSizeGB": gb, "autoGrow": "Enabled"}}


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"network": {"delegatedSubnetResourceId": NODES}},
     "network: the server would move to another subnet, or out of one, which Azure cannot do"),
    ({}, {"network": {"publicNetworkAccess": "Disabled"}}, "network: the server would move to"),
    ({}, {"backup": {"geoRedundantBackup": "Enabled"}},
     "server.geoRedundantBackup: Azure takes it only when a server is made; set it back"),
    ({}, {"dataEncryption": {"primaryKeyURI": KEY}},
     "server.keyUri: Azure encrypts a server with a key of your own only from its creation on"),
    ({"dataEncryption": {"primaryKeyURI": KEY}}, {"dataEncryption": None}, "server.keyUri: Azure"),
    ({}, {"tags": {"coder:zone": "2"}},
     "zone: is 2 and was 1, and Azure cannot move it; type `pulumi config set zone 1`"),
    (BURSTABLE, STANDBY | {"sku": SERVER["sku"]},
     "highAvailability: Azure refuses a standby together with the change of size from a burstable"),
    (STANDBY, REDUNDANT,
     "server.highAvailabilityMode: is ZoneRedundant and was SameZone, which needs another standby"),
    ({}, size(64.0),
     "storageGb: is 64 and was 128, and storage never shrinks; type `pulumi config set storageGb "
     "128`"),
]  # fmt: skip


def refusals(old: dict[str, Any], new: dict[str, Any], *, protect: bool = True) -> list[str]:
    """The lines of all rules that the update breaks."""
    rules = [rule for rule in POLICY.rules if protect or rule.impossible]
    return [line for rule in rules if (line := rule.validate_update(old, new))]


@pytest.mark.parametrize("protect", [True, False])
@pytest.mark.parametrize(("before", "changes", "line"), REFUSED)
def test_impossible_changes_are_always_refused(
    before: dict[str, Any], changes: dict[str, Any], line: str, protect: bool
) -> None:
    old = SERVER | before
    (said,) = refusals(old, old | changes, protect=protect)
    assert said.startswith(line)


def test_standby_is_deleted_only_if_the_stack_is_unprotected() -> None:
    (line,) = refusals(SERVER | STANDBY, SERVER)
    assert line.startswith("highAvailability: is false and was true, and the standby would be")
    assert refusals(SERVER | STANDBY, SERVER, protect=False) == []


ACCEPTED: list[dict[str, Any]] = [
    {},
    STANDBY,
    REDUNDANT,
    BURSTABLE,
    size(256.0),
    {"version": "18"},
    {"dataEncryption": None},
    {"dataEncryption": {"type": "SystemManaged"}},
    {"backup": {"backupRetentionDays": 30.0, "geoRedundantBackup": "Disabled"}},
    {"tags": {"coder:zone": "1", "team": "x"}},
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_allowed_updates_are_accepted(changes: dict[str, Any]) -> None:
    assert refusals(SERVER, SERVER | changes) == []


def test_zone_after_a_failover_can_be_set_as_the_servers_zone() -> None:
    moved = SERVER | {"availabilityZone": "2"}
    assert refusals(moved, moved | {"tags": {"coder:zone": "2"}}) == []


def test_next_size_of_a_disk_is_the_next_in_azures_list() -> None:
    sizes = (32, 64, 128, 2048, 4095, 4096, 32767)
    found = [POLICY.storage.minimum_next_size(size) for size in sizes]
    assert found == [64, 128, 256, 4095, 4096, 8192, 32767]


def test_key_can_be_rotated() -> None:
    old = SERVER | {"dataEncryption": {"primaryKeyURI": KEY}}
    assert refusals(old, old | {"dataEncryption": {"primaryKeyURI": f"{KEY}0"}}) == []


INTERRUPTING: list[tuple[dict[str, Any], str]] = [
    ({"sku": {"name": "Standard_D4ds_v5", "tier": "GeneralPurpose"}}, "size"),
    ({"version": "18"}, "postgresVersion"),
    (STANDBY, "highAvailability"),
    (size(4096.0), "storageGb"),
    (size(8192.0), "storageGb"),
]


@pytest.mark.parametrize(("changes", "setting"), INTERRUPTING)
def test_interrupting_changes_wait_for_apply_immediately(
    cloud: Azure, changes: dict[str, Any], setting: str
) -> None:
    cloud.run(running={})
    update = {"old_inputs": SERVER, "new_inputs": SERVER | changes, "old_outputs": SERVER}
    line = cloud.refused_by_hooks("before_update", **update)
    assert line == (
        f"{setting}: this change interrupts Coder, and Azure cannot wait for the maintenance "
        "window; type `pulumi config set applyImmediately true` to make it now"
    )
    now = Azure()
    now.run(running={}, applyImmediately=True)
    (said,) = now.said_by_hooks("before_update", **update)
    assert said.startswith(f"Changes of {setting} are made now and may interrupt Coder")


ONLINE: list[dict[str, Any]] = [
    size(256.0),
    size(2048.0),
    {"backup": {"backupRetentionDays": 30.0, "geoRedundantBackup": "Disabled"}},
    {"administratorLoginPassword": "another"},
    {"tags": {"coder:zone": "1", "team": "x"}},
    {"maintenanceWindow": {"customWindow": "Enabled"}},
]


@pytest.mark.parametrize("changes", ONLINE)
def test_other_changes_are_made_at_once(cloud: Azure, changes: dict[str, Any]) -> None:
    cloud.run(running={})
    state = SERVER | {"sku": SERVER["sku"] | {"capacity": 2}}
    update = {"old_inputs": SERVER, "new_inputs": SERVER | changes, "old_outputs": state}
    assert cloud.said_by_hooks("before_update", **update) == []


def test_update_after_a_failover_needs_a_refresh(cloud: Azure) -> None:
    """The request has the zone of the state, because other zones are ignored."""
    cloud.run(running={"availabilityZone": "2"})
    update = {"old_inputs": SERVER, "new_inputs": SERVER, "old_outputs": SERVER}
    assert cloud.refused_by_hooks("before_update", **update) == (
        f"zone: a failover has moved server {NAME} to 2, and this update would move it back to 1; "
        "type `pulumi refresh` first"
    )
    refreshed = SERVER | {"availabilityZone": "2"}
    assert cloud.said_by_hooks("before_update", **update | {"old_outputs": refreshed}) == []


def test_all_broken_rules_are_reported_together(cloud: Azure) -> None:
    cloud.run()
    new = SERVER | size(64.0) | {"tags": {"coder:zone": "3"}, "network": {}}
    lines = cloud.refused_by_hooks(
        "before_update", old_inputs=SERVER, new_inputs=new, old_outputs=SERVER
    ).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["network", "zone", "storageGb"]


def test_second_server_is_refused_while_one_exists(cloud: Azure) -> None:
    cloud.run(running={})
    line = cloud.refused_by_hooks("before_create", new_inputs=SERVER)
    assert line.startswith(f"Refusing to create a second, empty server: {NAME} already belongs to")
    assert "Azure deletes the backups with the old one" in line
    assert line.endswith(
        f"pulumi import type name {SERVER_ID} --parent "
        "postgres=urn:pulumi:dev::coder::coder:azure:Postgres::postgres --generate-code=false"
    )


def test_deletion_or_replacement_is_refused_with_its_cause(cloud: Azure) -> None:
    cloud.run()
    line = cloud.refused_by_hooks("before_delete", old_inputs=SERVER)
    assert line.startswith(
        "protected: this update would delete or replace it: another server.resourceGroup, "
        "subscription, region or stack name needs a new server, and Azure deletes the backups"
    )


@pytest.mark.parametrize("kind", ["before_create", "before_update"])
def test_static_parameters_announce_a_restart(cloud: Azure, kind: str) -> None:
    parameters = {"max_connections": 500, "work_mem": "8192"}
    cloud.run(server={"parameters": parameters})
    (line,) = cloud.said_by_hooks(kind, of="postgres-parameter-max_connections")
    assert line == (
        "server.parameters: max_connections takes effect only after a manual restart; the "
        "maintenance window does not restart: az postgres flexible-server restart "
        f"--resource-group coder --name {NAME}"
    )
    assert kind not in cloud.named("postgres-parameter-work_mem").hooks


ENCRYPTED = {"dataEncryption": {"primaryKeyURI": KEY}}
UNSUITABLE: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"version": "16"}, {},
     "postgresVersion: is 17, but server old has 16, and so does the server restored from it"),
    ({"storage": {"storageSizeGB": 128}}, {},
     "storageGb: is 64, but server old has 128, and storage never shrinks"),
    ({}, {"highAvailability": True},
     "highAvailability: is true, but Azure restores a server without a standby; type `pulumi "
     "config set highAvailability false` and `pulumi up`, then set it to true"),
    ({"administratorLogin": "postgres"}, {},
     "restoreFrom.server: the administrator login of old is postgres, must be coder_admin"),
    ({"location": "North Europe"}, {},
     "restoreFrom.server: old is in northeurope, must be in westeurope, the cluster's region"),
    ({"network": {"publicNetworkAccess": "Disabled"}}, {},
     "network: old is not in a virtual network, and so must be the server restored from it; set "
     "network.privateEndpoint"),
    ({}, {"network": {"privateEndpoint": {}}},
     "network: old is in a virtual network, and so must be the server restored from it; set "
     "network.subnetRange or network.delegatedSubnetId"),
    ({"backup": {"geoRedundantBackup": "Enabled"}}, {},
     "server.geoRedundantBackup: must be true, because old has true"),
    ({}, {"server": {"geoRedundantBackup": True}},
     "server.geoRedundantBackup: must be false, because old has false"),
    (ENCRYPTED, {}, f"server.keyUri: missing, and old is encrypted with a key of your own; set it "
     f"to {KEY}, and server.identityId"),
    ({}, {"restoreFrom": {"server": "old", "time": "2025-12-31T23:59:59Z"}},
     "restoreFrom.time: is 2025-12-31T23:59:59Z, must be from 2026-01-01T00:00:00+00:00 to now"),
    ({}, {"restoreFrom": {"server": "old", "time": "2126-01-01T00:00:00Z"}},
     "restoreFrom.time: is 2126-01-01T00:00:00Z, must be from 2026-01-01T00:00:00+00:00 to now"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "settings", "line"), UNSUITABLE)
def test_unsuitable_restore_source_is_refused(
    cloud: Azure, source: dict[str, Any], settings: dict[str, Any], line: str
) -> None:
    cloud.servers["old"] = SOURCE | source
    (said,) = cloud.refuses(**{"restoreFrom": {"server": "old"}} | settings)
    assert said.startswith(line)


def test_missing_restore_source_is_refused(cloud: Azure) -> None:
    (line,) = cloud.refuses(restoreFrom={"server": "gone"})
    assert line.startswith("restoreFrom.server: gone can't be found: ")


def test_restore_source_is_ignored_once_the_server_exists(cloud: Azure) -> None:
    assert cloud.run(running={}, restoreFrom={"server": "gone"}, highAvailability=True)


DELEGATED_SERVER = {"network": {"delegatedSubnetResourceId": DELEGATED.upper()}}
ENDPOINT_SERVER = {"network": {"publicNetworkAccess": "Disabled"}}
MOVES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (DELEGATED_SERVER, {"privateEndpoint": {}}, DELEGATED.upper()),
    (DELEGATED_SERVER, {"subnetRange": "10.60.8.0/28"}, DELEGATED.upper()),
    (ENDPOINT_SERVER, {"subnetRange": "10.60.8.0/28"}, "no subnet"),
    (ENDPOINT_SERVER, {"delegatedSubnetId": DELEGATED}, "no subnet"),
]


@pytest.mark.parametrize(("running", "network", "place"), MOVES)
def test_server_stays_in_its_network(
    cloud: Azure, running: dict[str, Any], network: dict[str, Any], place: str
) -> None:
    assert cloud.refuses(running=running, network=network) == [
        f"network: server {NAME} is in {place}, and Azure cannot move it; set network back, or "
        "make a new stack with restoreFrom"
    ]


STAYS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (DELEGATED_SERVER, {"delegatedSubnetId": DELEGATED}),
    (ENDPOINT_SERVER, {"privateEndpoint": {}}),
    ({"network": {"delegatedSubnetResourceId": NODES.replace("nodes", NAME)}},
     {"subnetRange": "10.60.8.0/28"}),
]  # fmt: skip


@pytest.mark.parametrize(("running", "network"), STAYS)
def test_server_in_its_network_is_accepted(
    cloud: Azure, running: dict[str, Any], network: dict[str, Any]
) -> None:
    assert cloud.run(running=running, network=network)


FIXED: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ("postgres-subnet", {"subnetRange": "10.60.8.0/28"},
     {"addressPrefix": "10.60.8.0/28"}, {"addressPrefix": "10.60.9.0/28"}, "addressPrefix"),
    ("postgres-nodes-link", {"subnetRange": "10.60.8.0/28"},
     {"virtualNetwork": {"id": "a"}}, {"virtualNetwork": {"id": "b"}}, "virtualNetwork.id"),
    ("postgres-endpoint", {"privateEndpoint": {}},
     {"subnet": {"id": "a"}}, {"subnet": {"id": "b"}}, "subnet.id"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "network", "old", "new", "key"), FIXED)
@pytest.mark.parametrize("protect", [True, False])
def test_what_azure_cannot_change_in_the_network_is_refused(
    name: str,
    network: dict[str, Any],
    old: dict[str, Any],
    new: dict[str, Any],
    key: str,
    protect: bool,
) -> None:
    cloud = Azure()
    cloud.run(network=network, protect=protect)
    line = cloud.refused_by_hooks("before_update", of=name, old_inputs=old, new_inputs=new)
    assert line == f"network: {name} can't get another {key}; set network back"
    cloud.call_hooks("before_update", of=name, old_inputs=old, new_inputs=old)


def test_cluster_may_change_and_the_server_stays(cloud: Azure) -> None:
    cloud.cluster = {"id": CLUSTER_ID.replace("managedClusters/dev", "managedClusters/new")}
    assert cloud.run(running={})["serverName"] == NAME
