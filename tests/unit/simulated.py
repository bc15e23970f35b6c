"""A simulated account without servers, and what is published of what it gives."""

import collections.abc
import types
import typing
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.aws.account import VPC
from sandbox.providers.aws.provider import Aws
from sandbox.providers.aws.region import Region
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.resource import Resource
from sandbox.providers.framework.validation import Messages

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
}
PRIVATE = ["subnet-0privatea", "subnet-0privateb"]
INSTANCE = Aws.resources["aws:rds/instance:Instance"]
SUBNETS = Aws.resources["aws:rds/subnetGroup:SubnetGroup"]
PARAMETERS = Aws.resources["aws:rds/parameterGroup:ParameterGroup"]
GROUP = Aws.resources["aws:ec2/securityGroup:SecurityGroup"]
RULE = Aws.resources["aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"]


class Account:
    """The account of one test, with a subnet group `two`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SANDBOX_CLOUDS", str(folder))
        monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "0")
        monkeypatch.setenv("SANDBOX_CLOUD_SERVERS", "none")
        self.region = Region("us-east-1")
        SUBNETS.create(self.operation(), {"name": "two", "subnetIds": PRIVATE})

    def operation(self, timeout: float = 5) -> Operation:
        return operation(timeout)

    def make(self, **changes: Any) -> tuple[str, dict[str, Any]]:
        """An instance; its id and state."""
        inputs = GOOD | changes
        id, outputs = INSTANCE.create(self.operation(), inputs)
        return id, {**inputs, **outputs}

    def firewall(self, name: str = "fw", vpc: str = VPC) -> str:
        """A security group."""
        inputs = {"name": name, "vpcId": vpc, "description": "x"}
        return GROUP.create(self.operation(), inputs)[0]

    def messages(self) -> Messages:
        """How the provider says what is wrong with an input."""
        return Aws().messages("one")

    def instance(self) -> dict[str, Any]:
        """What the account keeps of the instance."""
        return self.region.read()["instances"]["one"]

    def put(self, **values: Any) -> None:
        """Something happens to the instance."""
        with self.region.transaction() as data:
            data["instances"]["one"] |= values

    def keep_snapshot(self) -> None:
        """A snapshot of the instance, named `kept`."""
        with self.region.transaction() as data:
            data["snapshots"]["kept"] = data["instances"]["one"]

    def ask(self, token: str, **arguments: Any) -> dict[str, Any]:
        """What a function gives."""
        return Aws.functions[token](self.operation(), arguments)

    def refuses(self, action: collections.abc.Callable[[], Any]) -> str:
        """What is said of something that fails and changes nothing."""
        before = self.region.read()
        with pytest.raises(Failure) as error:
            action()
        assert self.region.read() == before, "a refusal changed something"
        return str(error.value)


def operation(timeout: float = 5) -> Operation:
    config = {"region": "us-east-1"}
    return Operation(engine=Engine(""), config=config, urn="u::one", timeout=timeout)


def changes(resource: Resource, state: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """What the new inputs change of what there is."""
    return set(difference(resource, operation(), {}, state, new, ()).diffs)


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def outputs(resource: type[Any]) -> dict[str, Any]:
    """The outputs of a resource of the SDK by the engine's names, and their types."""
    return {
        name: typing.get_args(each.fget.__annotations__["return"])[0]
        for each in vars(resource).values()
        if isinstance(each, property) and (name := getattr(each.fget, "_pulumi_name", None))
    }


def optional_type(wanted: Any) -> bool:
    return type(None) in typing.get_args(wanted)


def is_of(value: Any, wanted: Any) -> bool:
    """Whether a value is of a published type; objects are not looked into."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if wanted is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(is_of(value, each) for each in arguments)
    if origin is collections.abc.Sequence:
        return isinstance(value, list) and all(is_of(each, arguments[0]) for each in value)
    if origin is collections.abc.Mapping:
        return isinstance(value, dict) and all(is_of(each, arguments[1]) for each in value.values())
    if wanted in (str, int, float, bool, type(None)):
        return type(value) is wanted
    return isinstance(value, dict)
