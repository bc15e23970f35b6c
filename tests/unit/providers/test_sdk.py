"""Declarations read from an SDK's source match the classes of the imported SDK."""

import collections.abc
import inspect
import typing
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pulumi_azure_native as azure
import pulumi_gcp as gcp
import pulumi_random as random
import pytest
from pulumi import _types

from sandbox.providers.aws.provider import Aws
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.framework import sdk
from sandbox.providers.framework.resource import Input, Inputs
from sandbox.providers.gcp.provider import Gcp
from sandbox.providers.random.provider import Random

PUBLISHED: dict[str, tuple[type[Any], type[Any]]] = {
    "aws:rds/instance:Instance": (aws.rds.Instance, aws.rds.InstanceArgs),
    "aws:rds/subnetGroup:SubnetGroup": (aws.rds.SubnetGroup, aws.rds.SubnetGroupArgs),
    "aws:rds/parameterGroup:ParameterGroup": (aws.rds.ParameterGroup, aws.rds.ParameterGroupArgs),
    "aws:ec2/securityGroup:SecurityGroup": (aws.ec2.SecurityGroup, aws.ec2.SecurityGroupArgs),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        aws.vpc.SecurityGroupIngressRule,
        aws.vpc.SecurityGroupIngressRuleArgs,
    ),
    "aws:cloudwatch/logGroup:LogGroup": (aws.cloudwatch.LogGroup, aws.cloudwatch.LogGroupArgs),
    "gcp:sql/databaseInstance:DatabaseInstance": (
        gcp.sql.DatabaseInstance,
        gcp.sql.DatabaseInstanceArgs,
    ),
    "gcp:sql/user:User": (gcp.sql.User, gcp.sql.UserArgs),
    "gcp:sql/database:Database": (gcp.sql.Database, gcp.sql.DatabaseArgs),
    "gcp:compute/globalAddress:GlobalAddress": (
        gcp.compute.GlobalAddress,
        gcp.compute.GlobalAddressArgs,
    ),
    "gcp:servicenetworking/connection:Connection": (
        gcp.servicenetworking.Connection,
        gcp.servicenetworking.ConnectionArgs,
    ),
    "azure-native:dbforpostgresql:Server": (
        azure.dbforpostgresql.Server,
        azure.dbforpostgresql.ServerArgs,
    ),
    "azure-native:dbforpostgresql:Configuration": (
        azure.dbforpostgresql.Configuration,
        azure.dbforpostgresql.ConfigurationArgs,
    ),
    "azure-native:dbforpostgresql:Database": (
        azure.dbforpostgresql.Database,
        azure.dbforpostgresql.DatabaseArgs,
    ),
    "azure-native:privatedns:PrivateZone": (
        azure.privatedns.PrivateZone,
        azure.privatedns.PrivateZoneArgs,
    ),
    "azure-native:privatedns:VirtualNetworkLink": (
        azure.privatedns.VirtualNetworkLink,
        azure.privatedns.VirtualNetworkLinkArgs,
    ),
    "azure-native:network:Subnet": (azure.network.Subnet, azure.network.SubnetInitArgs),
    "azure-native:network:PrivateEndpoint": (
        azure.network.PrivateEndpoint,
        azure.network.PrivateEndpointArgs,
    ),
    "azure-native:network:PrivateDnsZoneGroup": (
        azure.network.PrivateDnsZoneGroup,
        azure.network.PrivateDnsZoneGroupArgs,
    ),
    "azure-native:authorization:ManagementLockByScope": (
        azure.authorization.ManagementLockByScope,
        azure.authorization.ManagementLockByScopeArgs,
    ),
    "random:index/randomPassword:RandomPassword": (
        random.RandomPassword,
        random.RandomPasswordArgs,
    ),
    "random:index/randomBytes:RandomBytes": (random.RandomBytes, random.RandomBytesArgs),
    "random:index/randomId:RandomId": (random.RandomId, random.RandomIdArgs),
    "random:index/randomPet:RandomPet": (random.RandomPet, random.RandomPetArgs),
}
RESOURCES = {**Aws.resources, **AzureNative.resources, **Gcp.resources, **Random.resources}
KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def described(arguments: type[Any]) -> dict[str, Any]:
    """The inputs of an Args class, read from its runtime types."""
    names = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments).parameters.values()
    required = {names[each.name] for each in parameters if each.default is each.empty}
    types = _types.input_type_types(arguments)
    return {key: (key in required, *kind(each)) for key, each in types.items()}


def kind(type: Any) -> tuple[str, Any]:
    """A type's kind, and the types of its elements or fields."""
    origin, arguments = typing.get_origin(type), typing.get_args(type)
    if origin is typing.Union:
        return kind(arguments[0])
    if origin is collections.abc.Sequence:
        return "list", kind(arguments[0])
    if origin is collections.abc.Mapping:
        return "map", kind(arguments[1])
    if type in KINDS:
        return KINDS[type], None
    return "object", described(type)


def declared(inputs: Inputs) -> dict[str, Any]:
    """The same description, made from a declaration."""
    found: dict[str, Any] = {}
    for key, each in inputs.items():
        fields = declared(each.fields) if each.fields else None
        holds = (each.items, fields) if each.kind in ("list", "map") else fields
        found[key] = (each.required, each.kind, holds)
    return found


def test_every_simulated_resource_is_compared() -> None:
    assert set(RESOURCES) == set(PUBLISHED)


@pytest.mark.parametrize("token", PUBLISHED)
def test_inputs_have_the_sdks_names_types_and_fields(token: str) -> None:
    assert declared(RESOURCES[token].inputs) == described(PUBLISHED[token][1])


@pytest.mark.parametrize("token", PUBLISHED)
def test_outputs_have_the_sdks_names(token: str) -> None:
    resource = RESOURCES[token]
    names = set(_types.resource_types(PUBLISHED[token][0]))
    found = set(resource.inputs) | set(resource.outputs)
    if isinstance(resource, ArmResource):  # some inputs of azure-native are no outputs
        assert names <= found
        found = set(resource.responses)
    assert found == names
    assert not set(resource.inputs) & set(resource.outputs)


@pytest.mark.parametrize("token", AzureNative.resources)
def test_fields_of_outputs_are_those_of_the_sdk(token: str) -> None:
    types = _types.resource_types(PUBLISHED[token][0])
    for key, fields in sdk.responses(token).items():
        type = _types.unwrap_optional_type(types[key])
        published = _types.output_type_types(type) if _types.is_output_type(type) else {}
        assert fields == set(published), key


def test_secrets_are_those_of_the_sdk() -> None:
    secret = {
        token: {key for key, each in {**resource.inputs, **resource.outputs}.items() if each.secret}
        for token, resource in RESOURCES.items()
    }
    assert {token: keys for token, keys in secret.items() if keys} == {
        "aws:rds/instance:Instance": {"password", "passwordWo"},
        "gcp:compute/globalAddress:GlobalAddress": {"effectiveLabels", "pulumiLabels"},
        "gcp:sql/databaseInstance:DatabaseInstance": {
            "replicaConfiguration",
            "rootPassword",
            "rootPasswordWo",
            "serverCaCerts",
        },
        "gcp:sql/user:User": {"password", "passwordWo"},
        "random:index/randomBytes:RandomBytes": {"base64", "hex"},
        "random:index/randomPassword:RandomPassword": {"bcryptHash", "result"},
    }


def test_computed_inputs_are_always_outputs() -> None:
    found = sdk.resource("aws:rds/subnetGroup:SubnetGroup", defaults={"description": "x"})
    assert found.computed == {"name", "namePrefix", "region"}


def test_nested_inputs_have_their_own_rules() -> None:
    found = sdk.resource(
        "gcp:sql/databaseInstance:DatabaseInstance",
        replaces=("settings.collation",),
        defaults={"settings.backupConfiguration.backupRetentionSettings.retentionUnit": "COUNT"},
        computed=("settings.diskSize",),
    )
    of = found.inputs["settings"].fields
    assert (of["collation"].replaces, of["tier"].replaces) == (True, False)
    kept = of["backupConfiguration"].fields["backupRetentionSettings"].fields
    assert kept["retentionUnit"].default == "COUNT"
    assert "settings.diskSize" in found.computed
    with pytest.raises(ValueError, match=r"has no inputs settings\.size"):
        sdk.resource("gcp:sql/databaseInstance:DatabaseInstance", computed=["settings.size"])


def test_provider_has_the_sdks_inputs() -> None:
    assert set(Aws.settings) == set(_types.input_type_types(aws.ProviderArgs))
    assert set(AzureNative.settings) == set(_types.input_type_types(azure.ProviderArgs))
    assert set(Gcp.settings) == set(_types.input_type_types(gcp.ProviderArgs))


SOURCE = """
class DiskInitArgs:
    @pulumi.getter
    def nodes(self) -> pulumi.Input[Sequence[pulumi.Input['NodeArgs']]]:

class Disk(pulumi.CustomResource):
    @pulumi.getter
    def nodes(self) -> pulumi.Output[Sequence['outputs.Node']]:
"""
NESTED = """
class NodeArgs:
    @pulumi.getter(name="maxSize")
    def max_size(self) -> Optional[pulumi.Input[float]]:

    @pulumi.getter
    def next(self) -> pulumi.Input[Optional['NodeArgs']]:
"""


def test_recursive_types_and_other_class_names_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pulumi_other"
    folder.mkdir()
    for name, text in (("__init__", ""), ("disk", SOURCE), ("_inputs", NESTED)):
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    nodes = sdk.resource("other:index/disk:Disk").inputs["nodes"]
    assert (nodes.kind, nodes.required, nodes.items) == ("list", True, "object")
    assert nodes.fields["maxSize"] == Input("number")
    assert nodes.fields["next"] == Input("object")


def test_unknown_input_in_a_declaration_is_an_error() -> None:
    with pytest.raises(ValueError, match="SubnetGroup has no inputs nmae"):
        sdk.resource("aws:rds/subnetGroup:SubnetGroup", replaces=["nmae"])
