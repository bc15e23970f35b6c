"""The simulated AWS knows the names of the published SDK, and asks for what that asks for."""

import inspect
import typing
from typing import Any

import pulumi_aws as aws
import pytest
from pulumi import _types

from sandbox.plugins.aws.lookups import ARGUMENTS
from sandbox.plugins.aws.provider import Aws
from sandbox.plugins.resource import Input, Resource

PUBLISHED: dict[str, tuple[type[Any], type[Any]]] = {
    "aws:rds/instance:Instance": (aws.rds.Instance, aws.rds.InstanceArgs),
    "aws:rds/subnetGroup:SubnetGroup": (aws.rds.SubnetGroup, aws.rds.SubnetGroupArgs),
    "aws:rds/parameterGroup:ParameterGroup": (aws.rds.ParameterGroup, aws.rds.ParameterGroupArgs),
    "aws:ec2/securityGroup:SecurityGroup": (aws.ec2.SecurityGroup, aws.ec2.SecurityGroupArgs),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        aws.vpc.SecurityGroupIngressRule,
        aws.vpc.SecurityGroupIngressRuleArgs,
    ),
}
NESTED: dict[tuple[str, str], type[Any]] = {
    ("aws:rds/instance:Instance", "blueGreenUpdate"): aws.rds.InstanceBlueGreenUpdateArgs,
    ("aws:rds/instance:Instance", "restoreToPointInTime"): (
        aws.rds.InstanceRestoreToPointInTimeArgs
    ),
    ("aws:rds/parameterGroup:ParameterGroup", "parameters"): aws.rds.ParameterGroupParameterArgs,
}
FUNCTIONS: dict[str, Any] = {
    "aws:eks/getCluster:getCluster": aws.eks.get_cluster,
    "aws:eks/getNodeGroups:getNodeGroups": aws.eks.get_node_groups,
    "aws:eks/getNodeGroup:getNodeGroup": aws.eks.get_node_group,
    "aws:ec2/getSubnet:getSubnet": aws.ec2.get_subnet,
    "aws:rds/getInstances:getInstances": aws.rds.get_instances,
    "aws:rds/getInstance:getInstance": aws.rds.get_instance,
}
RECORD = """
arn vpcSecurityGroupIds maintenanceWindow backupWindow username port engineVersionActual
dbSubnetGroupName instanceClass
"""
KINDS = {"string": str, "integer": int, "boolean": bool, "number": float}


def required(arguments: type[Any]) -> set[str]:
    """The inputs without which the SDK makes no such object."""
    names = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters.values()
    return {names[each.name] for each in parameters if each.default is inspect.Parameter.empty}


def outputs(published: type[Any]) -> set[str]:
    """The properties of a resource, as the engine names them."""
    return set(_types.resource_types(published))


def test_every_simulated_type_and_function_is_published() -> None:
    assert set(Aws.resources) == set(PUBLISHED)
    assert set(Aws.functions) == set(ARGUMENTS) == set(FUNCTIONS)


@pytest.mark.parametrize("token", PUBLISHED)
def test_a_resource_has_the_published_inputs_and_outputs(token: str) -> None:
    published, arguments = PUBLISHED[token]
    declared: Resource = Aws.resources[token]
    assert set(declared.inputs) == set(_types.input_type_types(arguments))
    assert set(declared.inputs) | set(declared.outputs) == outputs(published)
    needed = {key for key, each in declared.inputs.items() if each.required}
    assert needed == required(arguments)


@pytest.mark.parametrize("token", PUBLISHED)
def test_an_input_has_the_published_type(token: str) -> None:
    types = _types.input_type_types(PUBLISHED[token][1])
    for key, declared in Aws.resources[token].inputs.items():
        if declared.kind in KINDS:
            assert KINDS[declared.kind] in (types[key], *typing.get_args(types[key])), key


@pytest.mark.parametrize(("token", "key"), NESTED)
def test_a_nested_input_has_the_published_fields(token: str, key: str) -> None:
    declared: Input = Aws.resources[token].inputs[key]
    arguments = NESTED[token, key]
    assert set(declared.fields) == set(_types.input_type_types(arguments))
    assert {name for name, each in declared.fields.items() if each.required} == required(arguments)


@pytest.mark.parametrize("token", FUNCTIONS)
def test_a_function_takes_and_gives_what_is_published(
    token: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_AWS", str(tmp_path))
    _, needed, optional = ARGUMENTS[token]
    signature = inspect.signature(FUNCTIONS[token])
    published = {_camel(name) for name in signature.parameters} - {"opts"}
    assert {*needed, *optional} <= published
    result = typing.get_type_hints(FUNCTIONS[token])["return"]
    known = {_camel(name) for name in inspect.signature(result).parameters}
    assert answer(token).keys() <= known


def answer(token: str) -> dict[str, Any]:
    """What the function gives for something that is there."""
    from sandbox.plugins.aws.cloud import Cloud
    from sandbox.plugins.operation import Engine, Operation

    cloud = Cloud("us-east-1")
    with cloud.change() as data:
        record = dict.fromkeys(RECORD.split())
        data["instances"]["one"] = record | {"identifier": "one", "tagsAll": {}}
    given = {
        "name": "dev",
        "clusterName": "dev",
        "nodeGroupName": "workers-a",
        "id": "subnet-0privatea",
        "dbInstanceIdentifier": "one",
    }
    op = Operation(engine=Engine(""), config={"region": "us-east-1"})
    return Aws.functions[token](op, {key: given[key] for key in ARGUMENTS[token][1]})


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
