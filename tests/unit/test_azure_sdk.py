"""Every key and every enum value that the program sends is one that the SDK knows.

The provider drops unknown nested keys without a word and checks no enum.
"""

import contextlib
import enum
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest

from tests.unit.azure import (
    CONFIGURATION,
    DELEGATED,
    ENDPOINT,
    IDENTITY,
    KEY,
    LINK,
    LOCK,
    OWN_ZONE,
    RECORD,
    SERVER,
    SUBNET,
    ZONE,
    Azure,
)
from tests.unit.stacks import Stack

FULL = {
    "highAvailabilityMode": "ZoneRedundant",
    "standbyZone": "2",
    "keyUri": KEY,
    "identityId": IDENTITY,
    "maintenanceWindow": "sun:04:30",
    "parameters": {"work_mem": "8192"},
}
STACKS: list[Stack] = [
    {},
    {"running": {}, "highAvailability": True, "server": FULL | {"standbyZone": ""}},
    {"highAvailability": True, "server": FULL, "labels": {"team": "x"}},
    {"server": {"geoRedundantBackup": True}, "size": "Standard_B2ms"},
    {"size": "Standard_E4ads_v5", "network": {"privateEndpoint": {}}},
    {"network": {"delegatedSubnetId": DELEGATED, "privateDnsZoneId": OWN_ZONE}},
    {"restoreFrom": {"server": "old"}},
    {"running": {}, "postgresVersion": "18"},
]
MADE = {SERVER, CONFIGURATION, ZONE, LINK, SUBNET, ENDPOINT, RECORD, LOCK}


def faults(kind: type[Any], inputs: Mapping[str, Any], path: str) -> Iterator[str]:
    """A line for each key that the args class does not have, and each value that is in no enum."""
    types = _types(kind)
    for key, value in inputs.items():
        if key not in types:
            yield f"{path}.{key}: {kind.__name__} has no such key"
        else:
            yield from _value_faults(types[key], value, f"{path}.{key}")


def _value_faults(annotation: Any, value: Any, path: str) -> Iterator[str]:
    parts = list(_flat(annotation))
    args = [part for part in parts if inspect.isclass(part) and part.__name__.endswith("Args")]
    enums = [part for part in parts if inspect.isclass(part) and issubclass(part, enum.Enum)]
    values = value if isinstance(value, list) else [value]
    if enums:
        known = {member.value for kind in enums for member in kind}
        yield from (f"{path}: {each} is not in {enums}" for each in values if each not in known)
    for each in values if args else []:
        # A map's values are of the class; its keys are a person's.
        inner = each.values() if _is_map(annotation) else [each]
        for item in inner:
            yield from faults(args[0], item, path)


def _types(kind: type[Any]) -> dict[str, Any]:
    """The type of each key of an args class, as it goes over the wire."""
    module = vars(inspect.getmodule(kind))
    hints = typing.get_type_hints(kind.__init__, module)
    found = {}
    for name, member in inspect.getmembers(kind, lambda each: isinstance(each, property)):
        wire = getattr(member.fget, "_pulumi_name", None) or _camel(name)
        found[wire] = hints[name]
    return found


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def _is_map(annotation: Any) -> bool:
    parts = typing.get_args(annotation)
    return typing.get_origin(annotation) is Mapping or any(map(_is_map, parts))


def _flat(annotation: Any) -> Iterator[Any]:
    parts = typing.get_args(annotation)
    if not parts:
        yield annotation
    for part in parts:
        yield from _flat(part)


def args_class(token: str) -> type[Any]:
    _, module, name = token.split(":")
    found = getattr(azure, module)
    # Where a nested type has the name already, the resource's is the other one.
    return getattr(found, f"{name}InitArgs", None) or getattr(found, f"{name}Args")


@pytest.fixture(scope="module")
def made() -> list[Any]:
    """All Azure resources of all stacks."""
    found: list[Any] = []
    for settings in STACKS:
        cloud = Azure()
        with contextlib.suppress(pulumi.RunError):  # a restore ends with it
            cloud.run(**settings)
        found += [each for each in cloud.asked if each.type.startswith("azure-native:")]
    return found


def test_every_type_of_resource_is_among_them(made: list[Any]) -> None:
    assert {each.type for each in made} == MADE


def test_every_key_and_enum_value_is_known_to_the_sdk(made: list[Any]) -> None:
    found = {
        line for each in made for line in faults(args_class(each.type), each.plain, each.name)
    }  # fmt: skip
    assert not found


def test_unknown_keys_and_values_are_found() -> None:
    inputs = {
        "storage": {"storageSizeGb": 64, "autoGrow": "On"},
        "sku": {"name": "x", "tier": "GeneralPurpose"},
        "identity": {"userAssignedIdentities": {"a": {"cilentId": "x"}}},
        "heighAvailability": {},
    }
    lines = sorted(faults(args_class(SERVER), inputs, "server"))
    assert [line.split(":")[0] for line in lines] == [
        "server.heighAvailability",
        "server.identity.userAssignedIdentities.cilentId",
        "server.storage.autoGrow",
        "server.storage.storageSizeGb",
    ]


def test_api_version_is_one_that_changes_a_password_in_place() -> None:
    """Until 2022-12-01 another password replaced the server (pulumi/pulumi-azure-native#1911)."""
    module = inspect.getmodule(azure.dbforpostgresql.Server)
    assert module
    assert "Uses Azure REST API version 2025-08-01." in inspect.getsource(module)
