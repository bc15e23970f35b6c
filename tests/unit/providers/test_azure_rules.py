"""The requests that the simulated flexible servers refuse, in the service's words."""

from typing import Any

import pytest

from sandbox.providers.azure_native.account import group_id
from tests.unit.providers.azure import (
    CLOUD,
    GOOD,
    NODES,
    PUBLIC,
    SUBNET,
    ZONE,
    create,
    made,
    past,
    record,
    refused,
)

IDENTITY = f"{group_id('coder')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id"
KEY = {
    "type": "AzureKeyVault",
    "primaryKeyURI": "https://v.vault.azure.net/keys/k/0123456789abcdef",
    "primaryUserAssignedIdentityId": IDENTITY,
}
ASSIGNED = {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}}
BURSTABLE = {"name": "Standard_B2s", "tier": "Burstable"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"resourceGroupName": "none"},
     'Code="ResourceGroupNotFound" Message="Resource group \'none\' could not be found."'),
    ({"serverName": "Upper"}, "InvalidParameterValue"),
    ({"serverName": "end-"}, "InvalidParameterValue"),
    ({"serverName": "postgres"}, "Specified server name is already used."),
    ({"location": "northeurope"}, "LocationNotAvailableForResourceType"),
    ({"version": "12"}, "InvalidParameterValue"),
    ({"version": None}, "parameter version"),
    ({"sku": None}, "parameter sku"),
    ({"administratorLogin": None}, "parameter administratorLogin"),
    ({"administratorLoginPassword": None}, "parameter administratorLoginPassword"),
    ({"administratorLogin": "azure_superuser"}, "InvalidAdministratorLogin"),
    ({"administratorLogin": "Admin"}, "InvalidAdministratorLogin"),
    ({"administratorLogin": "pg_coder"}, "InvalidAdministratorLogin"),
    ({"administratorLoginPassword": "Short-1"}, "PasswordNotComplex"),
    ({"administratorLoginPassword": "onlylowercase-"}, "PasswordNotComplex"),
    ({"administratorLoginPassword": "A-9" + "x" * 126}, "PasswordNotComplex"),
    ({"administratorLoginPassword": "My-Coder_Admin-9"}, "PasswordNotComplex"),
    ({"sku": {"name": "Standard_D2ds_v5", "tier": "Burstable"}}, "InvalidSku"),
    ({"sku": {"name": "Standard_D3ds_v5", "tier": "GeneralPurpose"}}, "InvalidSku"),
    ({"sku": {"name": "Standard_E2ds_v5", "tier": "GeneralPurpose"}}, "InvalidSku"),
    ({"sku": BURSTABLE, "highAvailability": {"mode": "SameZone"}},
     "High availability is not supported for the Burstable pricing tier."),
    ({"availabilityZone": "4"}, "The availability zone '4' is not available in this region."),
    ({"highAvailability": {"mode": "samezone"}}, "parameter highAvailability.mode"),
    ({"highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "1"}},
     "the standby is in another zone"),
    ({"highAvailability": {"mode": "SameZone", "standbyAvailabilityZone": "2"}},
     "the standby is in the server's zone"),
    ({"storage": {"storageSizeGB": 100}}, "parameter storage.storageSizeGB"),
    ({"storage": {"storageSizeGB": 128, "tier": "P6"}}, "For 128 GB it is from P10 to P50."),
    ({"storage": {"storageSizeGB": 64, "tier": "P60"}}, "For 64 GB it is from P6 to P50."),
    ({"storage": {"storageSizeGB": 64, "iops": 3000}}, "parameter storage.iops"),
    ({"storage": {"storageSizeGB": 64, "type": "Standard"}}, "parameter storage.type"),
    ({"storage": {"storageSizeGB": 64, "autoGrow": "on"}}, "parameter storage.autoGrow"),
    ({"backup": {"backupRetentionDays": 6}}, "parameter backup.backupRetentionDays"),
    ({"backup": {"backupRetentionDays": 36}}, "parameter backup.backupRetentionDays"),
    ({"backup": {"geoRedundantBackup": "Yes"}}, "parameter backup.geoRedundantBackup"),
    ({"network": {**GOOD["Server"]["network"], "publicNetworkAccess": "Enabled"}},
     "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration"),
    ({"network": {"privateDnsZoneArmResourceId": ZONE}},
     "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration"),
    ({"network": {"delegatedSubnetResourceId": SUBNET}},
     "EmptyPrivateDnsZoneArmResourceId"),
    ({"network": {"delegatedSubnetResourceId": NODES, "privateDnsZoneArmResourceId": ZONE}},
     "The subnet name as nodes is missing required delegations"),
    ({"network": {"delegatedSubnetResourceId": f"{SUBNET}s",
                  "privateDnsZoneArmResourceId": ZONE}}, "ResourceNotFound"),
    ({"network": {"delegatedSubnetResourceId": SUBNET,
                  "privateDnsZoneArmResourceId": f"{ZONE}.x"}}, "ResourceNotFound"),
    ({"authConfig": {"activeDirectoryAuth": "Disabled"}}, "parameter authConfig.passwordAuth"),
    ({"authConfig": {"passwordAuth": "enabled"}}, "parameter authConfig.passwordAuth"),
    ({"dataEncryption": KEY}, "The server must have that identity."),
    ({"dataEncryption": {**KEY, "primaryKeyURI": "x"}, "identity": ASSIGNED},
     "parameter dataEncryption.primaryKeyURI"),
    ({"dataEncryption": KEY, "identity": ASSIGNED, "backup": {"geoRedundantBackup": "Enabled"}},
     "parameter dataEncryption.geoBackupKeyURI"),
    ({"createMode": "PointInTimeRestore", "pointInTimeUTC": past()},
     "parameter sourceServerResourceId"),
    ({"pointInTimeUTC": past()}, "parameter createMode"),
    ({"createMode": "Replica"}, "not simulated: createMode Replica"),
    ({"cluster": {"clusterSize": 2}}, "not simulated: cluster"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_creation_is_refused(changes: dict[str, Any], words: str) -> None:
    said = refused(create("Server", **changes))
    assert said.startswith("Status=4")
    assert words in said


UPDATES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, {"version": "16"}, "from version 17 to version 16 is not supported"),
    ({}, {"storage": {"storageSizeGB": 32}}, "Decreasing storage size is not supported."),
    ({"storage": {"storageSizeGB": 64, "tier": "P6"}},
     {"storage": {"storageSizeGB": 128, "tier": "P6"}}, "For 128 GB it is from P10 to P50."),
    ({}, {"backup": {"geoRedundantBackup": "Enabled"}},
     "Geo-redundant backup can only be configured during server creation."),
    ({}, {"backup": {"backupRetentionDays": 5}}, "parameter backup.backupRetentionDays"),
    ({}, {"administratorLoginPassword": "weak"}, "PasswordNotComplex"),
    ({}, {"network": {"delegatedSubnetResourceId": NODES}}, "VirtualNetworkCannotBeChanged"),
    ({}, {"network": {"publicNetworkAccess": "Enabled"}}, "ConflictingPublicNetworkAccess"),
    (PUBLIC, {"network": {"privateDnsZoneArmResourceId": ZONE}}, "parameter network.private"),
    (PUBLIC, {"network": GOOD["Server"]["network"]}, "VirtualNetworkCannotBeChanged"),
    ({}, {"dataEncryption": KEY, "identity": ASSIGNED}, "DataEncryptionTypeCannotBeChanged"),
    ({}, {"availabilityZone": "2"}, "A server only moves to the zone of its standby."),
    ({"highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}},
     {"highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "3"}},
     "A standby only moves to the zone of the server."),
    ({"sku": BURSTABLE}, {"highAvailability": {"mode": "SameZone"}},
     "High availability is not supported for the Burstable pricing tier."),
    ({"sku": BURSTABLE},
     {"sku": GOOD["Server"]["sku"], "highAvailability": {"mode": "SameZone"}},
     "Change the tier first."),
    ({"highAvailability": {"mode": "SameZone"}}, {"sku": BURSTABLE},
     "High availability is not supported for the Burstable pricing tier."),
    ({}, {"maintenanceWindow": {"customWindow": "Enabled", "dayOfWeek": 7}},
     "parameter maintenanceWindow.dayOfWeek"),
    ({}, {"maintenanceWindow": {"customWindow": "yes"}}, "maintenanceWindow.customWindow"),
    ({}, {"sku": {"name": "Standard_D2ds_v5", "tier": "MemoryOptimized"}}, "InvalidSku"),
    ({}, {"replica": {"role": "None"}}, "not simulated: replica"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "changes", "words"), UPDATES)
def test_change_is_refused(first: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    one = made("Server", **first)
    assert words in refused(lambda: one.update(**changes))
    assert record()["status"] == "Ready"


@pytest.mark.parametrize(
    ("name", "zone", "rule"),
    [
        (
            "coder",
            "coder.postgres.database.azure.com",
            "It can not be server name plus zone suffix.",
        ),
        ("one", "coder.example.com", "It must end with .postgres.database.azure.com."),
    ],
)
def test_wrong_zone_name_is_found_out_after_the_service_has_accepted(
    name: str, zone: str, rule: str
) -> None:
    other = made("PrivateZone", privateZoneName=zone)
    network = {**GOOD["Server"]["network"], "privateDnsZoneArmResourceId": other.id}
    said = refused(create("Server", serverName=name, network=network))
    assert said.startswith("resource updated but read failed Status=404")
    words = f'PrivateDnsZoneNameNotValid" Message="The Private DNS Zone name provided [{zone}]'
    assert words in said
    assert rule in said


def test_name_is_taken_by_a_server_of_another_group_or_subscription() -> None:
    made("Server")
    other = create("Server", resourceGroupName="MC_coder_dev_westeurope")
    assert "Specified server name is already used." in refused(other)
    type(CLOUD)("other").file.write_text(CLOUD.file.read_text())
    CLOUD.file.unlink()
    assert "Specified server name is already used." in refused(create("Server"))


def test_storage_grows_in_place_and_takes_its_tier_along() -> None:
    one = made("Server")
    assert one.state["storage"]["tier"] == "P6"
    state = one.update(storage={"storageSizeGB": 128})
    assert (state["storage"]["storageSizeGB"], state["storage"]["tier"]) == (128, "P10")
    assert state["storage"]["autoGrow"] == "Enabled", "what the request omits stays"
    state = one.update(storage={"storageSizeGB": 128, "tier": "P50"})
    assert one.update(storage={"storageSizeGB": 256})["storage"]["tier"] == "P50"


def test_own_key_is_accepted_with_its_identity() -> None:
    one = made("Server", dataEncryption=KEY, identity=ASSIGNED)
    assert one.state["dataEncryption"]["primaryEncryptionKeyStatus"] == "Valid"
    assert one.state["identity"]["userAssignedIdentities"] == {IDENTITY: {}}
    assert one.changed() == (set(), set())
    one.refresh()
    assert one.inputs["identity"] == ASSIGNED


def test_high_availability_is_changed_in_place() -> None:
    one = made("Server")
    state = one.update(highAvailability={"mode": "SameZone"})
    assert state["highAvailability"] == {
        "mode": "SameZone",
        "state": "Healthy",
        "standbyAvailabilityZone": "1",
    }
    state = one.update(highAvailability={"mode": "ZoneRedundant", "standbyAvailabilityZone": "3"})
    assert state["highAvailability"]["standbyAvailabilityZone"] == "3"
    state = one.update(highAvailability={"mode": "Disabled"})
    assert state["highAvailability"] == {"mode": "Disabled", "state": "NotEnabled"}


def test_maintenance_window_is_ignored_at_the_creation() -> None:
    window = {"customWindow": "Enabled", "dayOfWeek": 0, "startHour": 4, "startMinute": 30}
    one = made("Server", maintenanceWindow=window)
    assert one.state["maintenanceWindow"]["customWindow"] == "Disabled"
    assert one.changed() == (set(), set()), "nothing shows it"
    one.refresh()
    assert one.changed() == (set(), set())
    assert one.update(tags={"a": "b"})["maintenanceWindow"] == window


def test_public_access_defaults_to_what_the_network_allows() -> None:
    one = made("Server", network=None)
    assert one.state["network"] == {"publicNetworkAccess": "Enabled"}
    network = {key: GOOD["Server"]["network"][key] for key in list(GOOD["Server"]["network"])[:2]}
    two = made("Server", serverName="two", network=network)
    assert two.state["network"]["publicNetworkAccess"] == "Disabled"
