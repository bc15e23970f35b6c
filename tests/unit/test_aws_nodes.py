"""Who may connect, and which subnets are public: what launch templates and routes say."""

from typing import Any
from unittest import mock

import pytest

from tests.unit.aws import INGRESS, NODES, Aws

SETTING = "network.clientSecurityGroupIds"
CURE = f"set {SETTING} to the security groups of its nodes"


@pytest.fixture
def cloud() -> Aws:
    return Aws()


def run(cloud: Aws, **settings: Any) -> tuple[set[str], list[str]]:
    """The security groups that may connect, and the doubts about them."""
    with mock.patch("pulumi.warn") as warn:
        cloud.run(**settings)
    clients = {each.plain["referencedSecurityGroupId"] for each in cloud.all(INGRESS)}
    said = [each.args[0] for each in warn.call_args_list]
    return clients, [line for line in said if line.startswith(SETTING)]


TEMPLATES: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {NODES}),
    ({"vpcSecurityGroupIds": ["sg-module"]}, {NODES, "sg-module"}),
    ({"networkInterfaces": [{"securityGroups": ["sg-1", "sg-2"]}]}, {NODES, "sg-1", "sg-2"}),
    ({"used": "4", "latestVersion": 4, "vpcSecurityGroupIds": ["sg-4"]}, {NODES, "sg-4"}),
]


@pytest.mark.parametrize(("template", "clients"), TEMPLATES)
def test_security_groups_of_launch_templates_may_connect(
    cloud: Aws, template: dict[str, Any], clients: set[str]
) -> None:
    cloud.templates["workers"] = template
    assert run(cloud) == (clients, [])


def test_templates_are_read_for_a_given_zone_and_subnets(cloud: Aws) -> None:
    cloud.templates["workers"] = {"vpcSecurityGroupIds": ["sg-module"]}
    network = {"subnetIds": ["subnet-a", "subnet-b"]}
    assert run(cloud, zone="us-east-1a", network=network)[0] == {NODES, "sg-module"}


def test_given_security_groups_are_taken_as_they_are(cloud: Aws) -> None:
    cloud.templates["workers"] = {"vpcSecurityGroupIds": ["sg-module"]}
    assert run(cloud, network={"clientSecurityGroupIds": ["sg-1"]}) == ({"sg-1"}, [])
    assert cloud.templates_read == []


def test_cluster_without_a_group_of_its_own_takes_those_of_the_templates(cloud: Aws) -> None:
    cloud.cluster_security_group = ""
    cloud.templates["workers"] = {"vpcSecurityGroupIds": ["sg-module"]}
    assert run(cloud) == ({"sg-module"}, [])


def test_version_that_cannot_be_read_is_said(cloud: Aws) -> None:
    cloud.templates["workers"] = {"used": "3", "latestVersion": 5, "vpcSecurityGroupIds": ["sg-5"]}
    clients, said = run(cloud)
    assert clients == {NODES, "sg-5"}
    assert said == [
        f"{SETTING}: the nodes have version 3 of launch template lt-workers of workers, and only "
        f"the newest, 5, can be read; if the two have different security groups, {CURE}"
    ]


def test_template_that_cannot_be_read_is_said(cloud: Aws) -> None:
    cloud.templates["workers"] = {"denied": "UnauthorizedOperation: ec2:DescribeLaunchTemplates"}
    clients, (line,) = run(cloud)
    assert clients == {NODES}
    assert line == (
        f"{SETTING}: launch template lt-workers of workers can't be read (lt-workers: "
        "UnauthorizedOperation: ec2:DescribeLaunchTemplates); if it has security groups, " + CURE
    )


def test_cluster_without_node_groups_is_said(cloud: Aws) -> None:
    cloud.node_groups = {}
    clients, (line,) = run(cloud, zone="us-east-1a")
    assert clients == {NODES}
    assert line.startswith(f"{SETTING}: EKS cluster dev has no node groups, and only its own")
    assert run(Aws()) == ({NODES}, [])


def subnets(cloud: Aws, **settings: Any) -> list[str]:
    cloud.run(**settings)
    return cloud.named("postgres-subnets").plain["subnetIds"]


def test_subnet_with_a_route_to_an_internet_gateway_is_public(cloud: Aws) -> None:
    cloud.cluster_subnets = ["subnet-a", "subnet-b", "subnet-c"]
    cloud.public = {"subnet-c"}
    assert subnets(cloud) == ["subnet-a", "subnet-b"]


def test_subnet_without_a_route_table_has_the_main_one(cloud: Aws) -> None:
    cloud.cluster_subnets = ["subnet-a", "subnet-b", "subnet-c"]
    cloud.main_is_public = True
    cloud.private = {"subnet-a", "subnet-b"}
    assert subnets(cloud) == ["subnet-a", "subnet-b"]


def test_live_instance_keeps_the_subnets_of_its_group(cloud: Aws) -> None:
    cloud.cluster_subnets = ["subnet-a", "subnet-b", "subnet-c"]
    cloud.public = {"subnet-c"}
    cloud.subnet_groups["subnets"] = ["subnet-b", "subnet-c", "subnet-old"]
    assert subnets(cloud, running={}) == ["subnet-a", "subnet-b", "subnet-c", "subnet-old"]


def test_given_subnets_are_all_of_a_live_instance(cloud: Aws) -> None:
    cloud.subnet_groups["subnets"] = ["subnet-old"]
    network = {"subnetIds": ["subnet-a", "subnet-b"]}
    assert subnets(cloud, running={}, network=network) == ["subnet-a", "subnet-b"]


@pytest.mark.parametrize("status", ["CREATING", "DELETING", "FAILED"])
def test_cluster_that_is_not_ready_is_one_line(cloud: Aws, status: str) -> None:
    cloud.cluster_status = status
    cloud.endpoint, cloud.cluster_security_group, cloud.cluster_subnets = "", "", ["subnet-none"]
    (line,) = cloud.refuses()
    assert line == (
        f"cluster.name: EKS cluster dev is {status}, must be ACTIVE; `aws eks wait cluster-active "
        "--name dev` waits until it is"
    )


def test_cluster_that_is_updated_is_taken(cloud: Aws) -> None:
    cloud.cluster_status = "UPDATING"
    assert cloud.run()


@pytest.mark.parametrize("job", ["postgres-database-roles", "coder-preflight", "coder-aftercheck"])
def test_the_message_of_a_time_out_names_the_security_groups(cloud: Aws, job: str) -> None:
    cloud.templates["workers"] = {"vpcSecurityGroupIds": ["sg-module"]}
    cloud.run()
    (container,) = cloud.named(job).plain["spec"]["template"]["spec"]["containers"]
    (said,) = [each["value"] for each in container["env"] if each["name"] == "FIREWALL"]
    assert said == (
        "only nodes with security group sg-module or sg-nodes may connect; if they have others, "
        "set network.clientSecurityGroupIds"
    )
