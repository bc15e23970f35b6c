"""The simulated AWS account of a test."""

import collections.abc
from typing import Any

import pytest

from sandbox.providers.aws.account import VPC
from sandbox.providers.aws.provider import Aws
from sandbox.providers.aws.region import Region
from sandbox.providers.cloud.base import Cloud
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.resource import Resource

GOOD: dict[str, Any] = {
    "identifier": "one",
    "engine": "postgres",
    "engineVersion": "17",
    "instanceClass": "db.m6i.large",
    "allocatedStorage": 64,
    "storageType": "gp3",
    "username": "coder_admin",
    "password": "correct-horse",
    "availabilityZone": "us-east-1a",
    "dbSubnetGroupName": "two",
    "finalSnapshotIdentifier": "one-final",
}
PRIVATE = ["subnet-0privatea", "subnet-0privateb"]
INSTANCE = Aws.resources["aws:rds/instance:Instance"]
SUBNETS = Aws.resources["aws:rds/subnetGroup:SubnetGroup"]
PARAMETERS = Aws.resources["aws:rds/parameterGroup:ParameterGroup"]
GROUP = Aws.resources["aws:ec2/securityGroup:SecurityGroup"]
RULE = Aws.resources["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"]


REGION = Region("us-east-1")
MESSAGES = Aws().messages("one")


def operation(timeout: float = 5) -> Operation:
    config = {"region": REGION.scope}
    return Operation(engine=Engine(""), config=config, urn="u::one", timeout=timeout)


def checked(**changes: Any) -> dict[str, Any]:
    """Valid inputs with defaults filled in, as Check returns them."""
    given = {key: each.default for key, each in INSTANCE.inputs.items() if each.default is not None}
    wanted = {**given, **GOOD, **changes}
    return {key: value for key, value in wanted.items() if value is not None}


def make(**changes: Any) -> tuple[str, dict[str, Any]]:
    """The id and the state of a new instance."""
    inputs = checked(**changes)
    id, outputs = INSTANCE.create(operation(), inputs)
    return id, {**inputs, **outputs}


def update(id: str, state: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The state after an update to valid inputs with these changes."""
    inputs = checked(**changes)
    return {**inputs, **INSTANCE.update(operation(), id, state, inputs)}


def make_security_group(name: str = "fw", vpc: str = VPC) -> str:
    """The id of a new security group."""
    inputs = {"name": name, "vpcId": vpc, "description": "x"}
    return GROUP.create(operation(), inputs)[0]


def changed(state: dict[str, Any], **changes: Any) -> tuple[set[str], set[str]]:
    """The keys that an update would change, and those of them that replace."""
    found = difference(INSTANCE, {}, state, checked(**changes), ())
    return set(found.diffs or ()), set(found.replaces or ())


def record() -> dict[str, Any]:
    """What the account stores of the instance `one`."""
    return REGION.read()["instances"]["one"]


def put(**values: Any) -> None:
    """Change what the account stores of the instance `one`."""
    REGION.put("one", **values)


def keep_snapshot() -> None:
    """Store a snapshot `kept` of the instance `one`."""
    with REGION.transaction() as data:
        data["snapshots"]["kept"] = data["instances"]["one"]


def ask(token: str, **arguments: Any) -> dict[str, Any]:
    """The result of a provider function."""
    return Aws.functions[token](operation(), arguments)


def refused(action: collections.abc.Callable[[], Any], account: Cloud = REGION) -> str:
    """The message of an action that fails and changes nothing in the account."""
    before = account.read()
    with pytest.raises(Failure) as error:
        action()
    assert account.read() == before, "a refused action changed the account"
    return str(error.value)


def changes(resource: Resource, state: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """The changes from the state to the new inputs."""
    return set(difference(resource, {}, state, new, ()).diffs)
