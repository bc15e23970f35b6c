"""Discovery of a GKE cluster: what it finds, refuses and reports."""

import time
from typing import Any

import pulumi
import pytest

from tests.unit.gcp import (
    CONNECTION_URN,
    KEY,
    NAME,
    NETWORK,
    PROJECT,
    SHARED,
    Gcp,
    Refused,
    instance,
)
from tests.unit.stacks import Stack


@pytest.fixture
def cloud() -> Gcp:
    return Gcp()


def zone_of(server: dict[str, Any]) -> str:
    return server["settings"]["locationPreference"]["zone"]


def test_zone_of_the_nodes_is_used(cloud: Gcp) -> None:
    cloud.node_pools = {"workers": (["us-east1-c"], 1)}
    assert zone_of(cloud.run()) == "us-east1-c"
    assert not [line for line in cloud.said if line.startswith("zone:")]


def test_zone_with_most_desired_nodes_is_used_and_announced(cloud: Gcp) -> None:
    cloud.node_pools = {
        "small": (["us-east1-b"], 3),
        "wide": (["us-east1-b", "us-east1-c"], 1),
        "large": (["us-east1-c"], 4),
    }
    assert zone_of(cloud.run()) == "us-east1-c"
    (line,) = [line for line in cloud.said if line.startswith("zone:")]
    assert "(4 in zone us-east1-b, 5 in zone us-east1-c)" in line


def test_node_pool_without_zones_has_those_of_the_cluster(cloud: Gcp) -> None:
    cloud.cluster["nodeLocations"] = ["us-east1-d"]
    cloud.node_pools = {"workers": ([], 2)}
    assert zone_of(cloud.run()) == "us-east1-d"


def test_zone_setting_is_used(cloud: Gcp) -> None:
    assert zone_of(cloud.run(zone="us-east1-d")) == "us-east1-d"


def test_zone_is_required_without_nodes(cloud: Gcp) -> None:
    cloud.node_pools = {"workers": (["us-east1-b"], 0)}
    (line,) = cloud.refuses()
    assert line.startswith("zone: cannot be found, because GKE cluster dev has no node pools with")


def test_autopilot_needs_a_zone_unless_it_has_only_one(cloud: Gcp) -> None:
    cloud.cluster["enableAutopilot"] = True
    (line,) = cloud.refuses()
    assert line == (
        "zone: cannot be found, because GKE cluster dev is an Autopilot cluster with nodes in "
        "us-east1-b, us-east1-c; type `pulumi config set zone …`"
    )
    cloud.cluster["nodeLocations"] = ["us-east1-c"]
    assert zone_of(cloud.run()) == "us-east1-c"


def test_zonal_cluster_has_the_region_of_its_zone(cloud: Gcp) -> None:
    def found(args: dict[str, Any]) -> Any:
        assert args["location"] == "us-east1-b"
        pool = {"nodeLocations": ["us-east1-b"], "nodeCount": 1}
        return cloud.cluster | {"nodePools": [pool]}

    cloud._cluster = found
    server = cloud.run(cluster={"name": "dev", "location": "us-east1-b"})
    assert server["region"] == "us-east1"


def test_existing_instance_keeps_its_zone(cloud: Gcp) -> None:
    cloud.node_pools = {"workers": (["us-east1-c"], 9)}
    assert zone_of(cloud.run(running={})) == "us-east1-b"


FAILED_OVER: dict[str, Any] = {
    "settings": {
        "availabilityType": "REGIONAL",
        "locationPreferences": [{"zone": "us-east1-c", "secondaryZone": "us-east1-b"}],
    }
}


def test_zone_changed_by_a_failover_is_accepted(cloud: Gcp) -> None:
    server = cloud.run(running=FAILED_OVER, highAvailability=True)
    assert server["settings"]["userLabels"]["coder-zone"] == "us-east1-b"
    assert "settings.locationPreference.secondaryZone" in cloud.named("postgres-server").ignores
    for zone in ("us-east1-b", "us-east1-c"):
        server = Gcp().run(running=FAILED_OVER, highAvailability=True, zone=zone)
        assert server["settings"]["userLabels"]["coder-zone"] == zone


def secondary_zone(cloud: Gcp, **changes: Any) -> str:
    server = cloud.run(highAvailability=True, **changes)
    return server["settings"]["locationPreference"]["secondaryZone"]


def test_standby_is_in_another_zone_of_the_nodes(cloud: Gcp) -> None:
    cloud.node_pools = {"workers": (["us-east1-b", "us-east1-d"], 1), "more": (["us-east1-b"], 2)}
    assert secondary_zone(cloud) == "us-east1-d"


def test_standby_of_nodes_in_one_zone_is_in_another_zone_of_the_region(cloud: Gcp) -> None:
    assert secondary_zone(cloud) == "us-east1-c"
    assert secondary_zone(Gcp(), server={"secondaryZone": "us-east1-d"}) == "us-east1-d"


def test_standby_added_after_a_move_is_not_in_the_zone_of_the_server(cloud: Gcp) -> None:
    cloud.node_pools = {"workers": (["us-east1-c", "us-east1-b"], 1)}
    moved = {"settings": {"locationPreferences": [{"zone": "us-east1-c", "secondaryZone": ""}]}}
    assert secondary_zone(cloud, running=moved) == "us-east1-b"
    assert "settings.locationPreference.secondaryZone" not in cloud.named("postgres-server").ignores


def test_standby_can_move_to_a_third_zone(cloud: Gcp) -> None:
    to = {"secondaryZone": "us-east1-d"}
    assert secondary_zone(cloud, running=FAILED_OVER, server=to) == "us-east1-d"
    assert "settings.locationPreference.secondaryZone" not in cloud.named("postgres-server").ignores


def test_region_with_one_zone_has_no_standby(cloud: Gcp) -> None:
    cloud.zones = ["us-east1-b"]
    (line,) = cloud.refuses(highAvailability=True)
    assert line.startswith("highAvailability: is true, but the region has no zone besides us-east1")


def test_the_kubeconfig_must_point_to_an_endpoint_of_the_cluster(cloud: Gcp) -> None:
    cloud.cluster["endpoint"] = "203.0.113.7"
    cloud.cluster["privateClusterConfigs"] = [{"privateEndpoint": "10.0.0.2"}]
    (line,) = cloud.refuses()
    assert "answers at https://203.0.113.7 and https://10.0.0.2; type `gcloud container " in line
    assert cloud.run(network={"endpoint": "https://api.example.com"}), "a tunnel may be given"
    dns = [{"dnsEndpointConfigs": [{"endpoint": "api.example.com"}]}]
    cloud = Gcp()
    cloud.cluster |= {"endpoint": "203.0.113.7", "controlPlaneEndpointsConfigs": dns}
    assert cloud.run()


def test_routes_based_cluster_is_refused(cloud: Gcp) -> None:
    cloud.cluster["networkingMode"] = "ROUTES"
    (line,) = cloud.refuses()
    assert line.startswith("cluster.name: GKE cluster dev is routes-based, so that its pods can't")


@pytest.mark.parametrize("nulls", [True, False])
def test_missing_cluster_is_one_line(cloud: Gcp, nulls: bool) -> None:
    cloud.nulls = nulls
    (line,) = cloud.refuses(cluster={"name": "prod", "location": "us-east1"})
    assert line.startswith(
        "cluster.name: prod in cluster.location us-east1 of project my-project can't be looked up; "
        "check them and the credentials: "
    )
    assert line.endswith("not found")


def test_project_is_required(cloud: Gcp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cloud.refuses(**{"gcp:project": ""}) == [
        "gcp:project: missing; type `pulumi config set gcp:project …`"
    ]
    monkeypatch.setenv("GOOGLE_PROJECT", PROJECT)
    assert cloud.run(**{"gcp:project": ""})["project"] == PROJECT


def test_network_name_belongs_to_the_project_of_the_cluster(cloud: Gcp) -> None:
    cloud.cluster["network"] = "dev"
    cloud.peered = {"projects/other/global/networks/dev"}
    server = cloud.run(cluster={"name": "dev", "location": "us-east1", "project": "other"})
    private_network = server["settings"]["ipConfiguration"]["privateNetwork"]
    assert private_network == "projects/other/global/networks/dev"
    assert server["project"] == PROJECT


@pytest.mark.parametrize("prefix", ["", "https://www.googleapis.com/compute/v1/"])
def test_shared_vpc_keeps_its_host_project(cloud: Gcp, prefix: str) -> None:
    cloud.cluster["network"] = prefix + SHARED
    cloud.peered = {SHARED}
    cloud.ranges = {"range": SHARED}
    ip = cloud.run(network={"allocatedIpRange": "range"})["settings"]["ipConfiguration"]
    assert ip["privateNetwork"] == SHARED
    assert ip["allocatedIpRange"] == "range"


def test_network_setting_replaces_the_network_of_the_cluster(cloud: Gcp) -> None:
    cloud.peered = {SHARED}
    server = cloud.run(network={"privateNetwork": SHARED})
    assert server["settings"]["ipConfiguration"]["privateNetwork"] == SHARED


@pytest.mark.parametrize("nulls", [True, False])
def test_missing_private_services_access_names_the_commands(cloud: Gcp, nulls: bool) -> None:
    cloud.nulls, cloud.peered = nulls, set()
    (line,) = cloud.refuses()
    assert line == (
        f"network.privateServices: {NETWORK} has no private services access; type `gcloud compute "
        "addresses create google-managed-services-dev --global --purpose=VPC_PEERING "
        "--prefix-length=20 --network=dev --project=my-project`, then `gcloud services "
        "vpc-peerings connect --service=servicenetworking.googleapis.com "
        "--ranges=google-managed-services-dev --network=dev --project=my-project`; or `pulumi "
        "config set --path network.privateServices create`"
    )


def test_failed_look_up_of_the_connection_is_not_taken_for_a_missing_one(cloud: Gcp) -> None:
    def denied(args: dict[str, Any]) -> Any:
        raise Refused("1 error occurred:\n\t* googleapi: Error 403: Required permission\n")

    cloud._peering = denied
    assert cloud.refuses() == [f"network: {NETWORK}: googleapi: Error 403: Required permission"]


def test_connection_of_somebody_else_is_not_made_again(cloud: Gcp) -> None:
    (line,) = cloud.refuses(network={"privateServices": "create"})
    assert line.startswith(f"network.privateServices: is create, but {NETWORK} has a connection to")
    assert line.endswith("type `pulumi config set --path network.privateServices existing`")
    cloud.state = {CONNECTION_URN: {"network": SHARED}}
    assert len(cloud.refuses(network={"privateServices": "create"})) == 1


def test_own_connection_is_kept(cloud: Gcp) -> None:
    cloud.state = {CONNECTION_URN: {"network": NETWORK}}
    assert cloud.run(running={}, network={"privateServices": "create"})
    cloud = Gcp()
    cloud.state = {CONNECTION_URN: {"network": NETWORK}}
    (line,) = cloud.refuses(running={}, protect=False)
    assert line.startswith("network.privateServices: is existing, but this stack made the connecti")


def test_allocated_range_must_belong_to_the_network(cloud: Gcp) -> None:
    cloud.ranges["other"] = f"projects/{PROJECT}/global/networks/other"
    for name in ("other", "none"):
        (line,) = cloud.refuses(network={"allocatedIpRange": name})
        assert line.startswith(f"network.allocatedIpRange: is {name}, which is no allocated range")


def test_majors_can_be_skipped_in_an_upgrade(cloud: Gcp) -> None:
    old = {"databaseVersion": "POSTGRES_14"}
    assert cloud.run(running=old, postgresVersion="18")["databaseVersion"] == "POSTGRES_18"


def test_instance_of_another_database_or_stack_is_not_the_stacks(cloud: Gcp) -> None:
    cloud.instances["mysql"] = instance(name="mysql", databaseVersion="MYSQL_8_0")
    labels = {"coder-stack": "coder__prod"}
    cloud.instances["prod"] = instance(name="prod", settings={"userLabels": labels})
    cloud.instances["replica"] = instance(name="replica") | {"settings": []}
    cloud.run()
    assert "gcp:sql/getCaCerts:getCaCerts" not in [token for token, _ in cloud.asked_for]


def test_all_cas_of_a_live_instance_are_trusted(cloud: Gcp) -> None:
    cloud.authorities = ["ca-2", "ca-1"]
    cloud.run(running={})
    ca = cloud.named("coder-db-blue").plain["stringData"]["ca.crt"]
    assert ca.count("BEGIN CERTIFICATE") == 2
    assert ca.index("ca-1") < ca.index("ca-2"), "another order would look like another CA"


def test_ca_is_the_same_in_the_first_and_the_second_update(cloud: Gcp) -> None:
    cloud.run()
    again = Gcp()
    again.run(running={})
    first, second = (each.named("coder-db-blue").plain["stringData"] for each in (cloud, again))
    assert first["ca.crt"] == second["ca.crt"] != ""


def test_given_ca_replaces_those_of_the_instance(cloud: Gcp, ca_file: str, other_ca: str) -> None:
    cloud.run(running={}, caCertificate=ca_file)
    assert cloud.named("coder-db-blue").plain["stringData"]["ca.crt"] == other_ca


LOCATION = {"name": "dev", "location": "us-east1"}
WRONG: list[tuple[Stack, str]] = [
    ({"cluster": {"name": "dev"}}, "cluster.location: missing; type `pulumi config set --path"),
    ({"cluster": LOCATION | {"location": "Europe"}},
     'cluster.location: is "Europe", must be a region such as us-east1, or the zone of a zonal'),
    ({"server": {"databaseFlags": {"max_connections": "many"}}},
     'server.databaseFlags.max_connections: is "many", must be 14 to 262143'),
    ({"server": {"databaseFlags": {"max_connections": 300000}}},
     'server.databaseFlags.max_connections: is "300000", must be 14 to 262143'),
    ({"zone": "us-east1-a"},
     'zone: is "us-east1-a", must be one of us-east1-b, us-east1-c, us-east1-d: the zones of '
     "us-east1, the region of the cluster"),
    ({"running": {}, "zone": "us-east1-c"},
     f'zone: is "us-east1-c", but instance {NAME} is in us-east1-b, and Cloud SQL cannot move it; '
     "type `pulumi config set zone us-east1-b`, or make a new stack there with restoreFrom"),
    ({"highAvailability": True, "server": {"secondaryZone": "us-east1-b"}},
     'server.secondaryZone: is "us-east1-b", which is the zone of the server; must be one of '
     "us-east1-c, us-east1-d"),
    ({"highAvailability": True, "server": {"secondaryZone": "us-west1-b"}},
     'server.secondaryZone: is "us-west1-b", which is no zone of its region'),
    ({"running": {}, "postgresVersion": "16"},
     f"postgresVersion: is 16, but instance {NAME} has 17 and cannot downgrade"),
    ({"running": {"settings": {"diskSize": 80}}, "maxStorageGb": 64},
     f"storageGb: is 64, but instance {NAME} has 80, and storage never shrinks; type `pulumi "
     "config set storageGb 80` and `pulumi config set maxStorageGb 80`"),
    ({"postgresVersion": "13"}, "postgresVersion: is 13, must be 14 to 18 on Cloud SQL"),
    ({"size": "huge"}, 'size: is "huge", must be small, medium, large, or a machine of Cloud SQL'),
    ({"size": "huge", "server": {"edition": "ENTERPRISE_PLUS"}}, 'size: is "huge", must be small'),
    ({"size": "db-custom-3-8192"}, 'size: is "db-custom-3-8192", must have 1 CPU or an even'),
    ({"size": "db-perf-optimized-N-4"},
     'size: is "db-perf-optimized-N-4", which Cloud SQL does not offer in us-east1; list'),
    ({"size": "db-g1-small", "server": {"edition": "ENTERPRISE_PLUS"}, "chartVersion": "2.38.8"},
     'size: is "db-g1-small", which edition ENTERPRISE_PLUS does not offer; type `pulumi config '
     "set --path server.edition ENTERPRISE`"),
    ({"size": "db-perf-optimized-N-2", "server": {"edition": "ENTERPRISE"}},
     'size: is "db-perf-optimized-N-2", which edition ENTERPRISE does not offer; type `pulumi '
     "config set --path server.edition ENTERPRISE_PLUS`"),
    ({"server": {"edition": "PLUS"}},
     'server.edition: is "PLUS", must be ENTERPRISE or ENTERPRISE_PLUS'),
    ({"server": {"caMode": "CUSTOMER_MANAGED_CAS_CA"}},
     'server.caMode: is "CUSTOMER_MANAGED_CAS_CA", must be GOOGLE_MANAGED_INTERNAL_CA or'),
    ({"server": {"encryptionKeyName": "key"}},
     'server.encryptionKeyName: is "key", must look like projects/…/locations/…/keyRings/…'),
    ({"server": {"encryptionKeyName": KEY.replace("us-east1", "global")}},
     "server.encryptionKeyName: is a key of global, must be one of us-east1"),
    ({"server": {"backupStartTime": "3:00"}},
     'server.backupStartTime: is "3:00", must look like 03:00, in UTC'),
    ({"server": {"maintenanceWindow": "sun:04:30"}},
     'server.maintenanceWindow: is "sun:04:30", must look like sun:04, in UTC'),
    ({"server": {"databaseFlags": {"work_mem": [1]}}},
     "server.databaseFlags.work_mem: is [1], must be a string or a number"),
    ({"server": {"finalBackupDays": 0}}, "server.finalBackupDays: is 0, must be 1 to 36135"),
    ({"server": {"finalBackupDays": "9"}}, "server.finalBackupDays: is '9', must be a whole"),
    ({"network": {"privateNetwork": "default"}},
     'network.privateNetwork: is "default", must look like projects/my-project/global/networks'),
    ({"network": {"privateServices": "yes"}},
     'network.privateServices: is "yes", must be existing or create'),
    ({"network": {"allocatedIpRange": "10.0.0.0/16"}},
     'network.allocatedIpRange: is "10.0.0.0/16", must be the name of an allocated range'),
    ({"restoreFrom": {"backupRunId": 1}},
     "restoreFrom.instance: missing; restoreFrom.backupRunId needs it"),
    ({"restoreFrom": {"time": "2026-01-31T03:00:00Z"}},
     "restoreFrom.instance: missing; restoreFrom.time needs it"),
    ({"restoreFrom": {"instance": "old", "time": "yesterday"}},
     'restoreFrom.time: is "yesterday", must look like 2026-01-31T03:00:00Z (UTC)'),
    ({"restoreFrom": {"instance": "old", "backupRunId": 1, "time": "2026-01-31T03:00:00Z"}},
     "restoreFrom: set either backupRunId or time, not both"),
    ({"storageGb": 9}, "storageGb: is 9, must be 10 to 65536"),
    ({"backupDays": 0}, "backupDays: is 0, must be 1 to 365"),
    ({"backupDays": 366}, "backupDays: is 366, must be 1 to 365"),
    ({"labels": {"Team": "x"}}, "labels.Team: must have a name of 1 to 63"),
    ({"labels": {"team": "X"}}, "labels.team: must have a name of 1 to 63"),
    ({"labels": {"coder-stack": "x"}}, "labels.coder-stack: this name is reserved"),
    ({"labels": {"goog-x": "x"}}, "labels.goog-x: this name is reserved"),
    ({"size": "db-g1-small", "replicas": 2},
     "replicas: 2 of chart 1.44.3 need 100 connections during a rolling update, the server allows "
     "47; set fewer replicas, a smaller poolSize or a larger server, or type `pulumi config set "
     "--path server.databaseFlags.max_connections 103`"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=[line for _, line in WRONG])
def test_wrong_setting_is_one_line(cloud: Gcp, changes: Stack, line: str) -> None:
    (said,) = cloud.refuses(**changes)
    assert said.startswith(line)


def test_range_is_not_given_for_a_connection_that_is_made(cloud: Gcp) -> None:
    cloud.peered = set()
    network = {"privateServices": "create", "allocatedIpRange": "range"}
    (line,) = cloud.refuses(network=network)
    assert line.startswith("network.allocatedIpRange: remove it; privateServices: create makes its")


def test_max_connections_flag_raises_the_budget(cloud: Gcp) -> None:
    flags = {"databaseFlags": {"max_connections": 103}}
    assert cloud.run(size="db-g1-small", replicas=2, server=flags)


def test_all_errors_are_reported_together(cloud: Gcp) -> None:
    cloud.node_pools, cloud.peered = {}, set()
    wrong: dict[str, Any] = {"size": "huge", "postgresVersion": "42", "backupDays": 0}
    assert len(cloud.refuses(**wrong)) == 5


def test_two_instances_of_one_stack_are_refused(cloud: Gcp) -> None:
    labels = {"settings": {"userLabels": {"coder-stack": "coder__dev"}}}
    cloud.instances["copy"] = instance(name="copy", **labels)
    (line,) = cloud.refuses(running={})
    assert f"{NAME}, copy all carry the label coder-stack=coder__dev" in line


def test_copy_with_the_labels_of_its_source_is_left_out(cloud: Gcp) -> None:
    labels = {"settings": {"userLabels": {"coder-stack": "coder__dev"}}}
    cloud.instances["copy"] = instance(name="copy", **labels)
    cloud.state = {"urn:pulumi:dev::coder::type::server": {"name": NAME}}
    cloud.run(running={})
    assert any("copy has the label coder-stack=coder__dev and is not" in x for x in cloud.warned)
    (asked,) = [args for token, args in cloud.asked_for if "getCaCerts" in token]
    assert asked == {"instance": NAME, "project": PROJECT}


def test_all_look_ups_are_answered_by_the_same_provider_version(cloud: Gcp) -> None:
    cloud.run(network={"allocatedIpRange": "google-managed-services-dev"})
    versions = {token: each for token, each in cloud.versions.items() if token.startswith("gcp:")}
    assert "gcp:compute/getGlobalAddress:getGlobalAddress" in versions
    assert len(set(versions.values())) == 1
    assert all(versions.values())


QUIET_SECONDS = 0.6


class SlowGcp(Gcp):
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


def test_at_most_four_look_ups_are_sequential() -> None:
    cloud = SlowGcp()
    cloud.instances["old"] = instance()
    assert cloud.run(restoreFrom={"instance": "old", "backupRunId": 1767225600000})
    assert 1 < cloud.depth <= 4
