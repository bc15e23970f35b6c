"""Outputs, replacements and checks of the simulated AWS agree with the provider."""

from typing import Any

import pytest

from sandbox.providers.aws import machines
from sandbox.providers.aws.account import NODES_GROUP, VPC
from sandbox.providers.aws.provider import Aws
from sandbox.providers.framework.resource import Resource
from sandbox.providers.framework.validation import problems
from sandbox.providers.framework.values import UNKNOWN
from tests.unit.providers.aws import (
    GOOD,
    MESSAGES,
    PRIVATE,
    operation,
    refused,
)
from tests.unit.providers.published import is_of, optional_type, outputs
from tests.unit.providers.test_sdk import PUBLISHED

INSTANCE = "aws:rds/instance:Instance"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
LOGS = "aws:cloudwatch/logGroup:LogGroup"
GIVEN: dict[str, dict[str, Any]] = {
    INSTANCE: GOOD,
    SUBNETS: {"name": "three", "subnetIds": PRIVATE, "description": "d"},
    PARAMETERS: {"name": "own", "family": "postgres17", "description": "d"},
    GROUP: {"name": "fw", "vpcId": VPC, "description": "d"},
    LOGS: {"name": "/aws/rds/instance/x/postgresql", "retentionInDays": 30},
    RULE: {"securityGroupId": NODES_GROUP, "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8"},
}
REPLACING = {
    INSTANCE: {
        "availabilityZone", "backupTarget", "characterSetName", "customIamInstanceProfile",
        "dbName", "engine", "kmsKeyId", "ncharCharacterSetName", "region", "restoreToPointInTime",
        "snapshotIdentifier", "storageEncrypted", "timezone", "username",
    },
    SUBNETS: {"name", "namePrefix", "region"},
    PARAMETERS: {"description", "family", "name", "namePrefix", "region"},
    GROUP: {"description", "name", "namePrefix", "region", "vpcId"},
    LOGS: {"logGroupClass", "name", "namePrefix", "region"},
    RULE: {
        "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId",  # as another kind
        "region", "securityGroupId",
    },
}  # fmt: skip
"""From the provider's source; a change of any other input is an update."""


@pytest.mark.parametrize("token", Aws.resources)
def test_replacing_inputs_are_those_of_the_provider(token: str) -> None:
    resource: Resource = Aws.resources[token]
    found = {key for key in resource.inputs if resource.replaces((key,), {}, {key: "x"})}
    assert found == REPLACING[token]


def test_another_source_of_the_same_kind_is_an_update() -> None:
    old, new = {"cidrIpv4": "10.0.0.0/8"}, {"cidrIpv4": "10.1.0.0/16"}
    assert not Aws.resources[RULE].replaces(("cidrIpv4",), old, new)
    assert Aws.resources[RULE].replaces(("cidrIpv6",), old, {"cidrIpv6": "::/0"})


@pytest.mark.parametrize("token", Aws.resources)
def test_outputs_are_complete_and_have_the_sdks_types(token: str) -> None:
    resource: Resource = Aws.resources[token]
    types = outputs(PUBLISHED[token][0])
    inputs = GIVEN[token]
    id, made = resource.create(operation(), inputs)
    state = {**inputs, **made}
    found = resource.read(operation(), id, {})
    assert found
    found.pop("id", None)
    changed = {**inputs, **resource.update(operation(), id, state, inputs)}
    for given in (state, found, changed):
        assert given.keys() <= types.keys()
        for key, value in given.items():
            assert is_of(value, types[key]), (key, value)
        needed = {key for key, type in types.items() if not optional_type(type)}
        assert needed - {"password"} <= given.keys() | NEVER
        assert given["region"] == "us-east-1"


NEVER = {"blueGreenUpdate", "s3Import"}
"""Not simulated, so no instance has them."""


@pytest.mark.parametrize("token", Aws.resources)
def test_computed_values_are_unknown_at_preview(token: str) -> None:
    resource: Resource = Aws.resources[token]
    expected = resource.preview_create(operation(), dict(GIVEN[token]))
    _, made = resource.create(operation(), GIVEN[token])
    known = {key for key, value in expected.items() if value != UNKNOWN}
    assert {key: made.get(key) for key in known & made.keys()} == {
        key: GIVEN[token].get(key) for key in known & made.keys()
    }
    assert expected["region"] == UNKNOWN


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (SUBNETS, {"subnetIds": [1]}, "got unconvertible type 'float64', value: '1'. Examine values at "
     "'one.subnetIds[0]'."),
    (SUBNETS, {"tags": {"a": {"b": "c"}}}, "expected type 'string', got unconvertible type 'map"),
    (INSTANCE, {"tags": {"a": ["b"]}}, "Examine values at 'one.tags.a'."),
    (INSTANCE, {"vpcSecurityGroupIds": [{"a": "b"}]}, "'one.vpcSecurityGroupIds[0]'"),
    (PARAMETERS, {"parameters": ["x"]}, "Examine values at 'one.parameters[0]'."),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "words"), WRONG)
def test_elements_of_lists_and_maps_are_checked(
    token: str, inputs: dict[str, Any], words: str
) -> None:
    found = problems(GIVEN[token] | inputs, Aws.resources[token].inputs, MESSAGES)
    assert any(words in each.reason for each in found)


@pytest.mark.parametrize("token", Aws.resources)
@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"aws:cloudformation": "x"}, "Tag keys starting with 'aws:' are reserved"),
        ({"": "x"}, "Invalid tag key: "),
        ({"a": "x" * 257}, "Invalid tag value: "),
        ({"a": "<b>"}, "Invalid tag value: <b>"),
        ({str(number): "x" for number in range(51)}, "TagLimitExceeded"),
    ],
)
def test_invalid_tag_is_refused(token: str, tags: dict[str, str], words: str) -> None:
    resource: Resource = Aws.resources[token]
    inputs, op = GIVEN[token], operation()
    assert words in refused(lambda: resource.create(op, inputs | {"tags": tags}))
    id, made = resource.create(op, inputs)
    state = {**inputs, **made}
    assert words in refused(lambda: resource.update(op, id, state, inputs | {"tags": tags}))


def test_instance_family_has_its_own_sizes() -> None:
    for good in ("db.t4g.micro", "db.m6i.32xlarge", "db.m5.24xlarge", "db.r8g.48xlarge",
                 "db.z1d.3xlarge", "db.c6gd.medium", "db.m7g.16xlarge"):  # fmt: skip
        assert good in machines.CLASSES, good
    for bad in ("db.m6i.micro", "db.t4g.16xlarge", "db.m7g.24xlarge", "db.m5.32xlarge", "m6i.large",
                "db.x2idn.large", "db.r7i.32xlarge"):  # fmt: skip
        assert bad not in machines.CLASSES, bad
