"""Discovery of an AKS cluster: what it finds, refuses and reports."""

import contextlib
import re
import time
from typing import Any

import pulumi
import pytest

from components.azure import ids
from components.azure.names import server_name
from tests.unit.azure import (
    AKS_SUBNET,
    CLUSTER_ID,
    DELEGATED,
    IDENTITY,
    KEY,
    NAME,
    NODES,
    OWN_ZONE,
    RANGE,
    Azure,
    vnet,
)
from tests.unit.fake_cloud import Refused
from tests.unit.pretend import JOB
from tests.unit.stacks import Stack


@pytest.fixture
def cloud() -> Azure:
    return Azure()


def pool(count: int, *zones: str, **others: Any) -> dict[str, Any]:
    return {"count": count, "availabilityZones": list(zones), "vnetSubnetID": NODES} | others


def test_single_zone_of_the_nodes_is_used(cloud: Azure) -> None:
    cloud.pools = [pool(1, "3")]
    assert cloud.run()["availabilityZone"] == "3"
    assert not [line for line in cloud.said if line.startswith("zone:")]


def test_zone_with_most_nodes_is_used_and_announced(cloud: Azure) -> None:
    cloud.pools = [
        pool(2, "1"),
        pool(3, "2"),
        pool(4, "1", "2"),
        pool(9, "3", osType="Windows"),
        {"count": 50, "availabilityZones": None, "vnetSubnetID": NODES},
    ]
    assert cloud.run()["availabilityZone"] == "2"
    (line,) = [line for line in cloud.said if line.startswith("zone:")]
    assert "(4 in zone 1, 5 in zone 2)" in line


def test_pods_prefer_the_nodes_of_the_zone_by_the_label_of_the_region(cloud: Azure) -> None:
    cloud.run(zone="2")
    assert cloud.exports["databaseZone"] == "2"
    text = str(cloud.named("postgres-database-roles").plain["spec"])
    assert "westeurope-2" in text
    assert len(cloud.all(JOB)) == 3
    assert all("westeurope-2" in str(job.plain["spec"]) for job in cloud.all(JOB))


def test_without_zones_the_server_is_left_to_azure(cloud: Azure) -> None:
    cloud.pools = [{"count": 2, "availabilityZones": None, "vnetSubnetID": NODES}]
    server = cloud.run()
    assert server["availabilityZone"] == ""
    assert "coder:zone" not in server["tags"]
    assert cloud.exports["databaseZone"] == ""
    (line,) = [line for line in cloud.said if line.startswith("zone:")]
    assert "no node pool of AKS cluster dev has zones, so Azure chooses" in line
    assert "nodeAffinity" not in str(cloud.named("postgres-database-roles").plain)
    again = Azure()
    again.pools = cloud.pools
    second = again.run(running={"tags": {"coder:stack": "coder/dev"}, "availabilityZone": "2"})
    assert second == server | {
        "administratorLoginPassword": second["administratorLoginPassword"]
    }, "the zone that Azure chose is no change"
    asked = Azure()
    asked.pools = cloud.pools
    assert asked.run(zone="3")["availabilityZone"] == "3"


def test_existing_server_keeps_its_zone(cloud: Azure) -> None:
    cloud.pools = [pool(9, "2")]
    assert cloud.run(running={})["availabilityZone"] == "1"


def test_zone_changed_by_a_failover_is_accepted(cloud: Azure) -> None:
    failed_over = {"availabilityZone": "2"}
    server = cloud.run(running=failed_over)
    assert server["availabilityZone"] == "1"
    assert server["tags"]["coder:zone"] == "1"
    assert Azure().run(running=failed_over, zone="1")["tags"]["coder:zone"] == "1"
    assert Azure().run(running=failed_over, zone="2")["tags"]["coder:zone"] == "2"


def test_the_kubeconfig_must_point_to_the_cluster(cloud: Azure) -> None:
    cloud.cluster = {"fqdn": "dev-1a2b3c.hcp.westeurope.azmk8s.io"}
    (line,) = cloud.refuses()
    assert line.startswith("kubeContext: context here of the kubeconfig points to ")
    assert "https://dev-1a2b3c.hcp.westeurope.azmk8s.io" in line
    assert "`az aks get-credentials --resource-group coder --name dev`" in line
    given = RANGE | {"endpoint": "https://api.example.com"}
    assert cloud.run(network=given), "a tunnel may be given"
    private = Azure()
    private.cluster = cloud.cluster | {"privateFQDN": "api.example.com"}
    assert private.run(), "a private cluster's kubeconfig has its private name"


def test_the_cluster_is_the_same_whatever_the_case_of_its_id(cloud: Azure) -> None:
    cloud.cluster = {"id": CLUSTER_ID.replace("resourceGroups/coder", "resourcegroups/Coder")}
    cloud.run()
    assert cloud.named("cluster").plain["clusterIdentifier"] == CLUSTER_ID.lower()
    assert cloud.named("postgres-server").plain["serverName"] == NAME


def test_server_is_found_by_a_name_that_follows_from_the_stack(cloud: Azure) -> None:
    cloud.run()
    name = cloud.named("postgres-server").plain["serverName"]
    assert name == NAME
    assert len(name) <= 63
    elsewhere = Azure()
    elsewhere.run(server={"resourceGroup": "data"})
    assert elsewhere.named("postgres-server").plain["serverName"] != NAME
    other = Azure()
    other.cluster = {"id": CLUSTER_ID.replace("00000000", "99999999")}
    other.run(network={"privateEndpoint": {"subnetId": AKS_SUBNET.replace("00000000", "99999999")}})
    assert other.named("postgres-server").plain["serverName"] != NAME, "the name is global"


def test_name_of_a_server_is_short_enough_whatever_the_stack_is_called() -> None:
    """https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"""
    for stack in ("p" * 100, "Team_A.prod-" * 9, "-"):
        name = server_name(stack, ids.parse(CLUSTER_ID), "coder")
        assert re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name), name


def test_a_failed_look_up_of_the_server_is_not_taken_for_a_missing_one(cloud: Azure) -> None:
    def forbidden(_: dict[str, Any]) -> Any:
        raise Refused('Status=403 Code="AuthorizationFailed" Message="No access"')

    cloud._server = forbidden  # pyright: ignore[reportAttributeAccessIssue]
    (line,) = cloud.refuses()
    assert line.startswith(
        f"server.resourceGroup: server {NAME} can't be looked up in coder; check"
    )
    assert "AuthorizationFailed" in line


WRONG: list[tuple[Stack, str]] = [
    ({"cluster": {"name": "prod", "resourceGroup": "coder"}},
     "cluster.name: prod in resource group coder can't be looked up; check both, "
     "azure-native:subscriptionId and the credentials: "),
    ({"cluster": {"name": "dev"}}, "cluster.resourceGroup: missing; type `pulumi config set --path "
     "cluster.resourceGroup …`"),
    ({"zone": "4"}, 'zone: is "4", must be 1, 2, 3: the number of a zone'),
    ({"zone": "westeurope-1"}, 'zone: is "westeurope-1", must be 1, 2, 3: the number of a zone'),
    ({"running": {}, "zone": "2"},
     f'zone: is "2", but server {NAME} is in 1, and Azure cannot move it; type `pulumi config set '
     "zone 1`, or make a new stack there with restoreFrom"),
    ({"running": {}, "postgresVersion": "16"},
     f"postgresVersion: is 16, but server {NAME} has 17 and cannot downgrade; set postgresVersion "
     "to 17"),
    ({"running": {"state": "Stopped"}},
     f"Azure: server {NAME} is Stopped, must be Ready; type `az postgres flexible-server start "
     f"--resource-group coder --name {NAME}`"),
    ({"running": {"tags": {"coder:stack": "coder/other"}}},
     f"Azure: server {NAME} exists, and its tag coder:stack is coder/other, must be coder/dev; "),
    ({"running": {"tags": None}},
     f"Azure: server {NAME} exists, and its tag coder:stack is missing, must be coder/dev; "),
    ({"running": {"storage": {"storageSizeGB": 128}}, "maxStorageGb": 64},
     f"storageGb: is 64, but server {NAME} has 128, and storage never shrinks; type `pulumi config "
     "set storageGb 128`"),
    ({"running": {}, "highAvailability": True,
      "server": {"highAvailabilityMode": "ZoneRedundant", "standbyZone": "2"}},
     "server.standbyZone: Azure takes it only when a server is created with its standby; remove"),
    ({"running": {"highAvailability": {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}},
      "highAvailability": True,
      "server": {"highAvailabilityMode": "ZoneRedundant", "standbyZone": "3"}},
     f"server.standbyZone: is 3, but the standby of server {NAME} is in 2, and Azure cannot move"),
    ({"postgresVersion": "13"}, "postgresVersion: is 13, must be 14 to 18 on Azure"),
    ({"size": "Standard_M8ms"}, 'size: is "Standard_M8ms", must be small, medium, large, or a '
     "machine of Azure such as Standard_E4ds_v5"),
    ({"size": "Standard_B2ms", "highAvailability": True},
     "highAvailability: is true, and Standard_B2ms is burstable, which Azure gives no standby; set "
     "size to a Standard_D… or Standard_E… machine"),
    ({"size": "Standard_B1ms"}, "replicas: 1 of chart 1.44.3 need "),
    ({"server": {"parameters": {"max_connections": 87}}},
     "replicas: 1 of chart 1.44.3 need 70 connections during a rolling update, the server allows "
     "69"),
    ({"storageGb": 100}, "storageGb: is 100, must be one of 32, 64, 128, 256, 512, 1024, 2048, "
     "4095, 4096, 8192, 16384, 32767"),
    ({"storageGb": 16}, "storageGb: is 16, must be one of 32, 64, "),
    ({"maxStorageGb": 63}, "maxStorageGb: is 63, must be storageGb (64) for storage that never"),
    ({"maxStorageGb": 40000}, "maxStorageGb: is 40000, must be storageGb (64) for storage that"),
    ({"backupDays": 6}, "backupDays: is 6, must be 7 to 35; 0 would switch backups off"),
    ({"backupDays": 36}, "backupDays: is 36, must be 7 to 35; 0 would switch backups off"),
    ({"labels": {"a<b": "x"}}, "labels.a<b: must have a name of 1 to 512 characters without"),
    ({"labels": {"team": "x" * 257}}, "labels.team: must have a name of 1 to 512 characters"),
    ({"labels": {"microsoftTeam": "x"}}, "labels.microsoftTeam: this name is reserved"),
    ({"labels": {"coder:restored-from": "x"}}, "labels.coder:restored-from: this name is reserved"),
    ({"labels": {f"l{number}": "" for number in range(48)}},
     "labels: there are 48, must be at most 47"),
    ({"server": {"highAvailabilityMode": "Zonal"}},
     'server.highAvailabilityMode: is "Zonal", must be SameZone or ZoneRedundant'),
    ({"server": {"standbyZone": "2"}},
     "server.standbyZone: is for highAvailabilityMode ZoneRedundant only"),
    ({"zone": "2", "server": {"highAvailabilityMode": "ZoneRedundant", "standbyZone": "2"}},
     "server.standbyZone: is 2, the server's own zone; must be another one"),
    ({"server": {"keyUri": KEY}}, "server.identityId: missing; a key of your own needs both"),
    ({"server": {"identityId": IDENTITY}}, "server.keyUri: missing; a key of your own needs both"),
    ({"server": {"keyUri": "mine", "identityId": IDENTITY}},
     'server.keyUri: is "mine", must be the URI of a key (https://….vault.azure.net/keys/…)'),
    ({"server": {"keyUri": KEY, "identityId": "coder"}},
     'server.identityId: is "coder", must be the ID of a resource of type '
     "Microsoft.ManagedIdentity/userAssignedIdentities (/subscriptions/…)"),
    ({"server": {"keyUri": KEY, "identityId": IDENTITY, "geoRedundantBackup": True}},
     "server.geoRedundantBackup: needs a second key in the other region"),
    ({"server": {"maintenanceWindow": "sun:04:30-sun:05:30"}},
     'server.maintenanceWindow: is "sun:04:30-sun:05:30", must look like sun:04:30, in UTC'),
    ({"server": {"parameters": {"work_mem": None}}},
     "server.parameters.work_mem: is None, must be a string or a number"),
    ({"server": {"parameters": {"require_secure_transport": False}}},
     "server.parameters.require_secure_transport: is off, must be on, because every client must"),
    ({"server": {"parameters": {"ssl_min_protocol_version": "TLSv1.1"}}},
     "server.parameters.ssl_min_protocol_version: is TLSv1.1, must be TLSv1.2 or TLSv1.3"),
    ({"server": {"parameters": {"ssl_max_protocol_version": "TLSv1.1"}}},
     "server.parameters.ssl_max_protocol_version: is TLSv1.1, must be TLSv1.2 or TLSv1.3"),
    ({"restoreFrom": {"time": "2026-01-31T03:00:00Z"}},
     "restoreFrom.server: missing; restoreFrom.time needs it"),
    ({"restoreFrom": {"server": "No Such Name"}},
     'restoreFrom.server: is "No Such Name", must be the name or the ID of a server'),
    ({"restoreFrom": {"server": vnet("x")}},
     f'restoreFrom.server: is "{vnet("x")}", must be the name or the ID of a server'),
    ({"restoreFrom": {"server": "old", "time": "yesterday"}},
     'restoreFrom.time: is "yesterday", must look like 2026-01-31T03:00:00Z (UTC)'),
    ({"existing": {"host": "x"}}, "existing: not supported by cloud azure; remove it"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "line"), WRONG)
def test_invalid_setting_is_refused_with_its_line(cloud: Azure, settings: Stack, line: str) -> None:
    lines = cloud.refuses(**settings)
    assert len(lines) == 1, lines
    assert lines[0].startswith(line)


def test_fifteen_connections_are_azures_own(cloud: Azure) -> None:
    assert cloud.run(server={"parameters": {"max_connections": 88}})


def test_standby_zone_after_a_failover_is_accepted(cloud: Azure) -> None:
    standby = {"mode": "ZoneRedundant", "standbyAvailabilityZone": "1"}
    server = {"highAvailabilityMode": "ZoneRedundant", "standbyZone": "2"}
    running = {"availabilityZone": "2", "highAvailability": standby}
    assert cloud.run(running=running, highAvailability=True, server=server)


def test_storage_beyond_the_limit_is_a_warning(cloud: Azure) -> None:
    server = cloud.run(running={"storage": {"storageSizeGB": 512}}, maxStorageGb=256)
    assert server["storage"]["storageSizeGB"] == 512, "storage never shrinks"
    (line,) = [line for line in cloud.warned if line.startswith("maxStorageGb")]
    assert f"is 256, and the storage of server {NAME} has grown to 512" in line


def test_all_errors_are_reported_together(cloud: Azure) -> None:
    wrong: dict[str, Any] = {"size": "huge", "postgresVersion": "42", "backupDays": 0, "zone": "9"}
    assert len(cloud.refuses(**wrong, network={})) == 5


QUIET_SECONDS = 0.8


class SlowAzure(Azure):
    """Measures how many look-ups run one after the other."""

    depth = 0
    latest = 0.0

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        depth, self.latest = self.depth + 1, time.monotonic()
        # Once no new call arrives for a while, all concurrent calls have arrived.
        while time.monotonic() - self.latest < QUIET_SECONDS:
            time.sleep(0.05)
        self.depth = max(self.depth, depth)
        return super().call(args)


@pytest.mark.parametrize(
    "settings",
    [
        {"running": {}, "network": {"delegatedSubnetId": DELEGATED, "privateDnsZoneId": OWN_ZONE}},
        {"restoreFrom": {"server": "old"}},
    ],
)
def test_at_most_four_look_ups_are_sequential(settings: Stack) -> None:
    cloud = SlowAzure()
    with contextlib.suppress(pulumi.RunError):  # a restore ends with it
        cloud.run(**settings)
    assert cloud.named("postgres-server")
    assert 1 < cloud.depth <= 4
