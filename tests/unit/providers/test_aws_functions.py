"""Functions of the simulated AWS agree with the SDK."""

import inspect
from typing import Any

import pulumi_aws as aws
import pytest

from sandbox.providers.aws.lookups import ARGUMENTS
from sandbox.providers.aws.provider import Aws
from tests.unit.providers.aws import (
    REGION,
    ask,
    keep_snapshot,
    make,
    operation,
    put,
    refused,
)
from tests.unit.providers.published import camel, is_of, optional_type, results

FUNCTIONS: dict[str, Any] = {
    "aws:eks/getCluster:getCluster": aws.eks.get_cluster,
    "aws:eks/getNodeGroups:getNodeGroups": aws.eks.get_node_groups,
    "aws:eks/getNodeGroup:getNodeGroup": aws.eks.get_node_group,
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": aws.ec2.get_launch_template,
    "aws:ec2/getRouteTable:getRouteTable": aws.ec2.get_route_table,
    "aws:ec2/getSubnet:getSubnet": aws.ec2.get_subnet,
    "aws:rds/getEngineVersion:getEngineVersion": aws.rds.get_engine_version,
    "aws:rds/getOrderableDbInstance:getOrderableDbInstance": aws.rds.get_orderable_db_instance,
    "aws:rds/getSubnetGroup:getSubnetGroup": aws.rds.get_subnet_group,
    "aws:rds/getInstances:getInstances": aws.rds.get_instances,
    "aws:rds/getInstance:getInstance": aws.rds.get_instance,
    "aws:rds/getSnapshot:getSnapshot": aws.rds.get_snapshot,
}
COMPLETE = {"aws:rds/getInstance:getInstance", "aws:rds/getSnapshot:getSnapshot"}
"""Functions that return every field of the SDK."""


def test_simulated_functions_exist_in_the_sdk() -> None:
    assert set(Aws.functions) == set(ARGUMENTS) == set(FUNCTIONS)


@pytest.mark.parametrize("token", FUNCTIONS)
def test_function_has_the_sdks_arguments_and_results(token: str) -> None:
    _, needed, optional = ARGUMENTS[token]
    signature = inspect.signature(FUNCTIONS[token])
    published = {camel(name) for name in signature.parameters} - {"opts"}
    assert {*needed, *optional} <= published
    make(tags={"a": "b"}, copyTagsToSnapshot=True)
    keep_snapshot()
    with REGION.transaction() as data:
        data["launchTemplates"]["lt-1"] = {
            "latestVersion": 2,
            "name": "workers",
            "vpcSecurityGroupIds": ["sg-1"],
        }
    given = {
        "name": "two" if "SubnetGroup" in token else "dev",
        "clusterName": "dev",
        "nodeGroupName": "workers-a",
        "id": "lt-1" if "LaunchTemplate" in token else "subnet-0privatea",
        "engine": "postgres",
        "version": "17.6",
        "engineVersion": "17.6",
        "instanceClass": "db.m6i.large",
        "dbInstanceIdentifier": "one",
        "dbSnapshotIdentifier": "kept",
    }
    arguments = {key: given[key] for key in needed}
    arguments |= {"subnetId": "subnet-0publica"} if "RouteTable" in token else {}
    found = Aws.functions[token](operation(), arguments)
    types = results(FUNCTIONS[token])
    assert found.keys() <= types.keys()
    for key, value in found.items():
        assert is_of(value, types[key]), (key, value)
    if token in COMPLETE:
        assert {key for key, type in types.items() if not optional_type(type)} <= found.keys()


def test_instance_has_no_address_while_it_is_created() -> None:
    make()
    put(status="creating")
    found = ask("aws:rds/getInstance:getInstance", dbInstanceIdentifier="one")
    assert (found["address"], found["endpoint"], found["port"]) == ("", "", 0)


def test_snapshot_is_found_by_its_name_in_any_case() -> None:
    make(tags={"a": "b"})
    keep_snapshot()
    found = ask("aws:rds/getSnapshot:getSnapshot", dbSnapshotIdentifier="KEPT")
    assert found["id"] == "kept"
    assert found["tags"] == {}, "tags are copied only where that was asked for"
    assert (found["encrypted"], found["kmsKeyId"]) == (False, "")
    assert (found["status"], found["engineVersion"]) == ("available", "17.6")


@pytest.mark.parametrize(
    ("token", "arguments", "words"),
    [
        ("aws:rds/getInstance:getInstance", {"dbInstanceIdentifier": "none"},
         "no matching RDS DB Instance found"),
        ("aws:rds/getSnapshot:getSnapshot", {"dbSnapshotIdentifier": "none"},
         "reading RDS DB Snapshots: couldn't find resource"),
        ("aws:rds/getSnapshot:getSnapshot", {}, 'Missing required argument "dbSnapshotIdentifier"'),
        ("aws:rds/getSnapshot:getSnapshot", {"dbSnapshotIdentifier": "x", "mostRecent": True},
         "not simulated: argument mostRecent"),
        ("aws:eks/getCluster:getCluster", {"name": "none"},
         "reading EKS Cluster (none): couldn't find resource"),
        ("aws:eks/getNodeGroups:getNodeGroups", {"clusterName": "none"},
         "ResourceNotFoundException: No cluster found for name: none."),
        ("aws:eks/getNodeGroup:getNodeGroup", {"clusterName": "dev", "nodeGroupName": "none"},
         "reading EKS Node Group (dev:none): couldn't find resource"),
        ("aws:ec2/getSubnet:getSubnet", {"id": "subnet-none"}, "no matching EC2 Subnet found"),
        ("aws:ec2/getLaunchTemplate:getLaunchTemplate", {"id": "lt-none"},
         "no matching EC2 Launch Template found"),
        ("aws:ec2/getRouteTable:getRouteTable", {"subnetId": "subnet-0privatea"},
         "query returned no results. Please change your search criteria and try again"),
        ("aws:rds/getSubnetGroup:getSubnetGroup", {"name": "none"},
         "no matching RDS DB Subnet Group found"),
        ("aws:rds/getEngineVersion:getEngineVersion", {"engine": "postgres", "version": "17.1"},
         "no RDS engine versions match the criteria"),
        ("aws:rds/getOrderableDbInstance:getOrderableDbInstance",
         {"engine": "postgres", "engineVersion": "17.6", "instanceClass": "db.x9.large"},
         "no RDS Orderable DB Instance Options found matching criteria"),
    ],
)  # fmt: skip
def test_missing_object_is_an_error_with_the_providers_message(
    token: str, arguments: dict[str, Any], words: str
) -> None:
    said = refused(lambda: ask(token, **arguments))
    start = f"invocation of {token} returned an error: invoking {token}: 1 error occurred:\n\t* "
    assert said.startswith(start)
    assert words in said
