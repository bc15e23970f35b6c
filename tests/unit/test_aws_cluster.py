"""Discovery of an EKS cluster: what it finds, refuses and reports."""

import time
from typing import Any

import pulumi
import pytest

from tests.unit.aws import RUNNING, Aws
from tests.unit.stacks import Stack


@pytest.fixture
def cloud() -> Aws:
    return Aws()


def test_single_zone_of_the_nodes_is_used(cloud: Aws) -> None:
    cloud.node_groups = {"workers": (["subnet-b"], 1)}
    assert cloud.run()["availabilityZone"] == "us-east-1b"
    assert not [line for line in cloud.said if line.startswith("zone:")]


def test_zone_with_most_desired_nodes_is_used_and_announced(cloud: Aws) -> None:
    cloud.node_groups = {
        "small": (["subnet-a"], 2),
        "large": (["subnet-b"], 3),
        "wide": (["subnet-a", "subnet-b"], 2),
    }
    assert cloud.run()["availabilityZone"] == "us-east-1b"
    (line,) = [line for line in cloud.said if line.startswith("zone:")]
    assert "(3 in zone us-east-1a, 4 in zone us-east-1b)" in line


def test_zone_setting_is_used(cloud: Aws) -> None:
    assert cloud.run(zone="us-east-1b")["availabilityZone"] == "us-east-1b"


def test_zone_is_required_without_node_groups(cloud: Aws) -> None:
    cloud.node_groups = {}
    (line,) = cloud.refuses()
    assert line.startswith("zone: cannot be found, because EKS cluster dev has no node groups")
    assert cloud.run(zone="us-east-1b")["availabilityZone"] == "us-east-1b"


def test_subnet_group_includes_the_subnet_of_the_nodes(cloud: Aws) -> None:
    cloud.node_groups = {"workers": (["subnet-c"], 1)}
    assert cloud.run()["availabilityZone"] == "us-east-1c"
    subnets = cloud.named("postgres-subnets").plain["subnetIds"]
    assert subnets == ["subnet-a", "subnet-b", "subnet-c"]


def test_private_subnets_are_preferred(cloud: Aws) -> None:
    cloud.subnets["subnet-p"] = "us-east-1a"
    cloud.cluster_subnets = ["subnet-a", "subnet-b", "subnet-p"]
    cloud.public = {"subnet-p"}
    cloud.run()
    assert cloud.named("postgres-subnets").plain["subnetIds"] == ["subnet-a", "subnet-b"]


def test_public_subnets_are_used_if_private_ones_are_too_few(cloud: Aws) -> None:
    cloud.public = {"subnet-b"}
    cloud.run()
    assert cloud.named("postgres-subnets").plain["subnetIds"] == ["subnet-a", "subnet-b"]


def test_network_settings_override_the_network_of_the_cluster(cloud: Aws) -> None:
    cloud.vpcs = {"subnet-b": "vpc-2", "subnet-c": "vpc-2"}
    cloud.run(
        zone="us-east-1c",
        network={
            "vpcId": "vpc-2",
            "subnetIds": ["subnet-b", "subnet-c"],
            "clientSecurityGroupIds": ["sg-other"],
        },
    )
    assert cloud.named("postgres-firewall").plain["vpcId"] == "vpc-2"
    assert cloud.named("postgres-subnets").plain["subnetIds"] == ["subnet-b", "subnet-c"]
    assert "postgres-from-sg-other" in cloud.names


def test_the_kubeconfig_must_point_to_the_cluster(cloud: Aws) -> None:
    cloud.endpoint = "https://ABC.gr7.us-east-1.eks.amazonaws.com"
    (line,) = cloud.refuses()
    assert line.startswith("kubeContext: context here of the kubeconfig points to ")
    assert "https://ABC.gr7.us-east-1.eks.amazonaws.com" in line
    assert cloud.run(network={"endpoint": "https://api.example.com"}), "a tunnel may be given"


def test_existing_instance_keeps_its_zone(cloud: Aws) -> None:
    cloud.node_groups = {"workers": (["subnet-b"], 9)}
    assert cloud.run(running={})["availabilityZone"] == "us-east-1a"


def test_zone_changed_by_a_failover_is_accepted(cloud: Aws) -> None:
    failed_over = {"availabilityZone": "us-east-1b"}
    server = cloud.run(running=failed_over)
    assert server["availabilityZone"] == "us-east-1a"
    assert server["tags"]["coder:zone"] == "us-east-1a"
    assert Aws().run(running=failed_over, zone="us-east-1a")["multiAz"] is False
    assert Aws().run(running=failed_over, zone="us-east-1b")["tags"]["coder:zone"] == "us-east-1b"


def test_standby_can_be_added_to_an_existing_instance(cloud: Aws) -> None:
    server = cloud.run(running={}, highAvailability=True)
    assert server["multiAz"] is True
    assert server["availabilityZone"] == "us-east-1a"


def test_major_upgrade_is_allowed_only_if_requested() -> None:
    assert Aws().run(running={}, postgresVersion="18")["allowMajorVersionUpgrade"] is True
    assert Aws().run(running={}, postgresVersion="17")["allowMajorVersionUpgrade"] is False


def test_upgrade_with_own_parameter_group_is_immediate() -> None:
    own = {"dbParameterGroups": ["own"]}
    server = Aws().run(running=own, postgresVersion="18", applyImmediately=True)
    assert server["allowMajorVersionUpgrade"] is True


WRONG: list[tuple[Stack, str]] = [
    ({"cluster": {"name": "prod"}},
     "cluster.name: prod can't be looked up; check it, aws:region and the credentials: reading EKS "
     "Cluster (prod): couldn't find resource"),
    ({"zone": "us-east-1d"}, 'zone: is "us-east-1d", but the cluster\'s subnets are in us-east-1a, '
     "us-east-1b; choose one of those, or set network.subnetIds with a subnet there"),
    ({"network": {"subnetIds": ["subnet-a"]}},
     "network.subnetIds: those given are all in us-east-1a, must be in two zones or more: RDS "
     "requires it, also for a server in one zone; type `pulumi config set --path "
     "'network.subnetIds[0]' subnet-…` and so on for each"),
    ({"running": {}, "zone": "us-east-1b"},
     'zone: is "us-east-1b", but instance postgres-server1a2b3c4 is in us-east-1a, and RDS '
     "cannot move it; type `pulumi config set zone us-east-1a`, or make a new stack there with "
     "restoreFrom"),
    ({"running": {}, "postgresVersion": "16"},
     "postgresVersion: is 16, but instance postgres-server1a2b3c4 has 17 and cannot downgrade; set "
     "postgresVersion to 17, or restore a pre-upgrade backup into a new stack (restoreFrom)"),
    ({"running": {"engineVersion": "15.14"}, "postgresVersion": "17"},
     "postgresVersion: is 17, but instance postgres-server1a2b3c4 has 15, and RDS upgrades by 1 "
     "major version at a time; set it to 16 first"),
    ({"running": {"dbParameterGroups": ["own"]}, "postgresVersion": "18"},
     "postgresVersion: is 18, and instance postgres-server1a2b3c4 has a parameter group of 17, "
     "which can be deleted only after the upgrade; type `pulumi config set applyImmediately true`"),
    ({"running": {"availabilityZone": "us-east-1c"}},
     "network.subnetIds: none is in us-east-1c, where a failover has put the server; add one"),
    ({"postgresVersion": "13"}, "postgresVersion: is 13, must be 14 to 18 on RDS"),
    ({"postgresVersion": "42"}, "postgresVersion: is 42, must be 14 to 18 on RDS"),
    ({"postgresVersion": "²"}, 'postgresVersion: is "²", must be a major version such as "17"'),
    ({"postgresVersion": "017"}, 'postgresVersion: is "017", must be a major version such as "17"'),
    ({"size": "db.zz.large"}, 'size: is "db.zz.large", must be small, medium, large, or a machine'),
    ({"network": {"clientSecurityGroupIds": ["nodes"]}},
     "network.clientSecurityGroupIds: 'nodes' is not the id of a security group"),
    ({"server": {"maintenanceWindow": "sunday"}},
     'server.maintenanceWindow: is "sunday", must look like sun:04:30-sun:05:30, in UTC'),
    ({"server": {"maintenanceWindow": "sun:04:30-sun:04:40"}},
     "server.maintenanceWindow: is 10 minutes long, must be 30 or more"),
    ({"restoreFrom": {"time": "2026-01-31T03:00:00Z"}},
     "restoreFrom.instance: missing; restoreFrom.time needs it"),
    ({"restoreFrom": {"snapshot": "no such name"}},
     'restoreFrom.snapshot: is "no such name", must be an identifier or an ARN'),
    ({"labels": {"aws:x": "y"}}, "labels.aws:x: this name is reserved; choose another one"),
    ({"labels": {"x" * 129: "y"}}, f"labels.{'x' * 129}: must have a name of 1 to 128 and a value"),
    ({"labels": {"a?b": "team"}}, "labels.a?b: must have a name of 1 to 128 and a value of up to"),
    ({"labels": {"team": "a?b"}}, "labels.team: must have a name of 1 to 128 and a value of up to"),
    ({"labels": {f"l{number}": "" for number in range(49)}},
     "labels: there are 49, must be at most 48"),
    ({"size": "huge"},
     'size: is "huge", must be small, medium, large, or a machine of RDS such as db.m7g.large'),
    ({"maxStorageGb": 65}, "maxStorageGb: is 65, must be 64 (no growth) or at least 71, 10 % more "
     "than storageGb"),
    ({"storageGb": -5}, "storageGb: is -5, must be 20 to 65536"),
    ({"maxStorageGb": 63}, "maxStorageGb: is 63, must be from storageGb (64) to 65536"),
    ({"maxStorageGb": 65537}, "maxStorageGb: is 65537, must be from storageGb (64) to 65536"),
    ({"backupDays": 36}, "backupDays: is 36, must be 1 to 35; 0 would switch backups off"),
    ({"backupDays": 0}, "backupDays: is 0, must be 1 to 35; 0 would switch backups off, which this "
     "program never does"),
    ({"server": {"kmsKeyId": "alias/mine"}},
     'server.kmsKeyId: is "alias/mine", must be the ARN of a key (arn:aws:kms:…:key/…); an '
     "alias is not accepted: RDS returns the ARN"),
    ({"server": {"backupWindow": "3-4"}},
     'server.backupWindow: is "3-4", must look like 03:00-04:00, in UTC'),
    ({"server": {"backupWindow": "03:00-03:20"}},
     "server.backupWindow: is 20 minutes long, must be 30 or more"),
    ({"server": {"maintenanceWindow": "sun:03:30-sun:04:30"}},
     "server.maintenanceWindow: sun:03:30-sun:04:30 overlaps the backup window 03:00-04:00, which "
     "is not allowed; move one of them"),
    ({"server": {"backupWindow": "23:45-00:15", "maintenanceWindow": "sun:23:00-mon:00:00"}},
     "server.maintenanceWindow: sun:23:00-mon:00:00 overlaps the backup window 23:45-00:15, which "
     "is not allowed; move one of them"),
    ({"server": {"parameters": {"work_mem": None}}},
     "server.parameters.work_mem: is None, must be a string or a number"),
    ({"server": {"parameters": {"rds.force_ssl": "0"}}},
     "server.parameters.rds.force_ssl: must be 1, because every client must use TLS"),
    ({"restoreFrom": {"snapshot": "a", "instance": "b"}},
     "restoreFrom: set either snapshot, or instance and time, not both"),
    ({"restoreFrom": {"instance": "b", "time": "yesterday"}},
     'restoreFrom.time: is "yesterday", must look like 2026-01-31T03:00:00Z (UTC)'),
    ({"labels": {"coder:stack": "x"}},
     "labels.coder:stack: this name is reserved; choose another one"),
    ({"labels": {"coder:zone": "x"}},
     "labels.coder:zone: this name is reserved; choose another one"),
    ({"size": "db.t4g.micro", "replicas": 2}, "replicas: 2 of chart 1.44.3 need "),
    ({"server": {"parameters": {"max_connections": 50}}}, "replicas: 1 of chart 1.44.3 need "),
    ({"existing": {"host": "x"}}, "existing: not supported by cloud aws; remove it"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "line"), WRONG)
def test_invalid_setting_is_refused_with_its_line(cloud: Aws, settings: Stack, line: str) -> None:
    lines = cloud.refuses(**settings)
    assert len(lines) == 1, lines
    assert lines[0].startswith(line)


def test_two_instances_of_one_stack_are_refused(cloud: Aws) -> None:
    tags = {"coder:stack": "coder/dev"}
    cloud.instances = {"one": {"tags": tags}, "two": {"tags": tags}}
    (line,) = cloud.refuses()
    assert line.startswith("RDS: one, two all carry the label coder:stack=coder/dev")
    assert "`pulumi stack import`" in line
    assert "another team's stack of the same name" in line


def test_a_restored_copy_that_has_the_labels_is_a_warning(cloud: Aws) -> None:
    name = RUNNING["dbInstanceIdentifier"]
    cloud.instances["a-drill"] = RUNNING | {"dbInstanceIdentifier": "a-drill"}
    cloud.state = {"urn:secret": {"result": "x"}, "urn:server": {"identifier": name}}
    cloud.run(running={})
    (said,) = [said for said in cloud.said if "a-drill" in said]
    assert said == (
        f"RDS: a-drill has the label coder:stack=coder/dev and is not this stack's instance, which "
        f"is {name}; a restored copy keeps the labels of its source: remove the label from it"
    )


def test_cluster_in_one_zone_is_refused(cloud: Aws) -> None:
    cloud.cluster_subnets = ["subnet-a"]
    (line,) = cloud.refuses()
    assert line.startswith("network.subnetIds: the cluster's subnets are all in us-east-1a")


def test_cluster_without_security_group_needs_client_groups(cloud: Aws) -> None:
    cloud.cluster_security_group = ""
    (line,) = cloud.refuses()
    assert line.startswith("network.clientSecurityGroupIds: missing, and EKS cluster dev has no")


def test_region_without_bundled_ca_needs_a_certificate(cloud: Aws) -> None:
    cloud.region = "us-gov-west-1"
    (line,) = cloud.refuses()
    assert line.startswith(
        "caCertificate: missing, and no bundled RDS CA covers region us-gov-west-1"
    )


def test_given_values_are_not_looked_up(cloud: Aws) -> None:
    cloud.node_groups = {"gone": (["subnet-gone"], 1)}
    network = {"subnetIds": ["subnet-a", "subnet-b"]}
    assert cloud.run(zone="us-east-1b", network=network)["availabilityZone"] == "us-east-1b"


def test_failed_look_up_is_one_line(cloud: Aws) -> None:
    cloud.cluster_subnets = ["subnet-gone"]
    (line,) = cloud.refuses()
    assert line.startswith("network.subnetIds: subnet-gone: ")


def test_subnets_must_be_in_one_vpc(cloud: Aws) -> None:
    cloud.vpcs = {"subnet-b": "vpc-2"}
    (line,) = cloud.refuses(network={"subnetIds": ["subnet-a", "subnet-b"]})
    assert (
        line == "network.subnetIds: subnet-b is in vpc-2, must be in vpc-1, the VPC of the server"
    )


def test_all_errors_are_reported_together(cloud: Aws) -> None:
    cloud.node_groups = {}
    wrong: dict[str, Any] = {"size": "huge", "postgresVersion": "42", "backupDays": 0}
    assert len(cloud.refuses(**wrong)) == 4


QUIET_SECONDS = 0.8


class SlowAws(Aws):
    """Measures how many look-ups run one after the other."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        for number in range(groups):
            self.subnets[f"subnet-{number}"] = "us-east-1a"
            self.node_groups[f"group-{number}"] = ([f"subnet-{number}"], 1)
        self.depth = 0
        self.latest = 0.0

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        depth, self.latest = self.depth + 1, time.monotonic()
        # Once no new call arrives for a while, all concurrent calls have arrived.
        while time.monotonic() - self.latest < QUIET_SECONDS:
            time.sleep(0.05)
        self.depth = max(self.depth, depth)
        return super().call(args)


@pytest.mark.parametrize("groups", [1, 40])
def test_at_most_five_look_ups_are_sequential(groups: int) -> None:
    cloud = SlowAws(groups)
    cloud.instances[RUNNING["dbInstanceIdentifier"]] = RUNNING
    assert cloud.run()
    assert 1 < cloud.depth <= 5
