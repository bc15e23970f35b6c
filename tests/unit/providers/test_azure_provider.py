"""The simulated azure-native checks, compares, previews and refreshes as the provider does."""

from typing import Any

import pytest

from sandbox.providers.azure_native import shape
from sandbox.providers.azure_native.checks import AUTONAMED
from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.cloud import events
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.values import UNKNOWN
from tests.unit.providers.azure import (
    CLOUD,
    GOOD,
    SERVER_ID,
    TOKENS,
    Made,
    check,
    checked,
    create,
    inputs,
    made,
    operation,
    record,
    resource,
)
from tests.unit.providers.published import is_of, optional_type, outputs
from tests.unit.providers.test_sdk import PUBLISHED

REPLACING = {
    "Server": {
        "administratorLogin", "availabilityZone", "location", "pointInTimeUTC",
        "resourceGroupName", "serverName", "sourceServerResourceId",
    },
    "Configuration": {"configurationName", "resourceGroupName", "serverName"},
    "Database": {"databaseName", "resourceGroupName", "serverName"},
    "PrivateZone": {"privateZoneName", "resourceGroupName"},
    "VirtualNetworkLink": {"privateZoneName", "resourceGroupName", "virtualNetworkLinkName"},
    "Subnet": {"resourceGroupName", "subnetName", "virtualNetworkName"},
    "PrivateEndpoint": {"privateEndpointName", "resourceGroupName"},
    "PrivateDnsZoneGroup": {
        "privateDnsZoneGroupName", "privateEndpointName", "resourceGroupName",
    },
    "ManagementLockByScope": {"lockName", "scope"},
}  # fmt: skip
"""Inputs of the path, and top-level ones that only a creation sets."""


@pytest.mark.parametrize("kind", TOKENS)
def test_replacing_inputs_are_those_of_the_provider(kind: str) -> None:
    found = resource(kind)
    assert {key for key in found.inputs if found.replaces((key,), {}, {key: "x"})} == REPLACING[
        kind
    ]


def test_nested_creation_properties_replace_nothing() -> None:
    one = made("Server")
    wanted = {"backupRetentionDays": 14, "geoRedundantBackup": "Enabled"}
    assert one.changed(backup=wanted) == ({"backup"}, set())
    assert one.changed(administratorLogin="other") == (
        {"administratorLogin"},
        {"administratorLogin"},
    )
    assert one.changed(administratorLoginPassword="Other-Horse-9")[1] == set()


def test_location_is_compared_without_case_and_spaces() -> None:
    one = made("Server")
    assert one.changed(location="West Europe") == (set(), set())
    assert one.changed(location="westeurope2")[1] == {"location"}


def test_new_input_that_equals_the_output_replaces_nothing() -> None:
    one = made("Server", availabilityZone=None)
    assert one.changed(availabilityZone="1") == ({"availabilityZone"}, set())
    assert one.changed(availabilityZone="2") == ({"availabilityZone"}, {"availabilityZone"})
    # The SDK sends "" for an unset zone, which is a value.
    assert one.state["availabilityZone"] == "1"


@pytest.mark.parametrize(("given", "first"), [("two", True), (None, False)])
def test_named_resource_is_deleted_before_its_replacement(given: str | None, first: bool) -> None:
    server = resource("Server")
    old = checked("Server", inputs("Server", serverName=given))
    assert server.delete_before_replace(old, {}) is first
    assert checked("Server", inputs("Server", serverName=None), old)["serverName"] == (
        given or "one" + operation().unique(8)
    )
    assert old.get(AUTONAMED, False) is not first


def test_only_servers_and_endpoints_get_automatic_names() -> None:
    for kind in TOKENS:
        key = resource(kind).name_key
        named = kind in ("Server", "PrivateEndpoint")
        expected = [] if named else [f"not simulated: an automatic name; set '{key}'"]
        assert check(kind, {**inputs(kind), key: None}) == expected


@pytest.mark.parametrize(
    ("config", "group", "old", "found"),
    [
        ({"location": "northeurope"}, "coder", {"location": "eastus"}, "eastus"),
        ({"location": "northeurope"}, "coder", {}, "northeurope"),
        ({}, "Coder", {}, "westeurope"),
        ({}, UNKNOWN, {}, UNKNOWN),
    ],
)
def test_location_is_the_old_one_the_providers_or_the_groups(
    config: Any, group: str, old: Any, found: str
) -> None:
    given = inputs("Server", location=None, resourceGroupName=group)
    assert checked("Server", given, old, **config)["location"] == found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"resourceGroupName": None}, ["missing required property 'resourceGroupName'"]),
        ({"sku": {"name": "x"}}, ["missing required property 'sku.tier'"]),
        ({"version": 17}, ["'version' should be of type 'string' but got a number"]),
        ({"sku": "x"}, ["'sku' should be of type 'object' but got a string"]),
        ({"storage": {"storageSizeGB": 64.5}},
         ["'storage.storageSizeGB' must be an integer but got 64.500000"]),
        ({"storage": {"storageSizeGB": "64"}},
         ["'storage.storageSizeGB' should be of type 'integer' but got a string"]),
        ({"serverName": "ab"}, ["'serverName' is too short (2): at least 3 characters required"]),
        ({"serverName": "a" * 64},
         ["'serverName' is too long (64): at most 63 characters allowed"]),
        ({"serverName": "-ab"},
         ["'serverName' does not match expression '^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*'"]),
        ({"location": None, "resourceGroupName": "none"},
         ["missing required property 'location'. Either set it explicitly or configure it with "
          "'pulumi config set azure-native:location <value>'."]),
        ({"sku": {"name": "none", "tier": "none"}, "version": "99", "more": {"deep": 1}}, []),
    ],
)  # fmt: skip
def test_check_says_what_the_provider_says(changes: dict[str, Any], said: list[str]) -> None:
    assert check("Server", inputs("Server", **changes)) == said


def test_unknown_keys_are_dropped_silently() -> None:
    storage = {**GOOD["Server"]["storage"], "autogrow": "Enabled", "autoGrow": "Disabled"}
    one = made("Server", storage=storage, nmae="x")
    assert "autogrow" not in one.state["storage"]
    assert "nmae" not in one.state
    assert one.inputs["nmae"] == "x", "the inputs keep them"
    assert "autogrow" not in record()["storage"]


def test_state_holds_outputs_only() -> None:
    one = made("Server")
    assert not one.state.keys() & {"administratorLoginPassword", "resourceGroupName", "serverName"}
    assert "password" not in repr(CLOUD.read()).replace("passwordAuth", "")
    assert "Correct-Horse-9" not in repr(CLOUD.read())


@pytest.mark.parametrize("kind", TOKENS)
def test_outputs_are_complete_and_have_the_sdks_types(kind: str) -> None:
    types = outputs(PUBLISHED[TOKENS[kind]][0])
    one = made(kind)
    first = dict(one.state)
    updated = dict(one.update())
    refreshed = one.refresh()
    assert refreshed
    for given in (first, updated, refreshed):
        assert given.keys() <= types.keys()
        for key, value in given.items():
            assert is_of(value, types[key]), (key, value)
        assert {key for key, type in types.items() if not optional_type(type)} <= given.keys()


@pytest.mark.parametrize("kind", TOKENS)
def test_creation_of_an_existing_resource_is_refused_by_a_look_up(kind: str) -> None:
    one = made(kind)
    if kind == "Configuration":
        create(kind)()
        return
    with pytest.raises(Failure) as error:
        create(kind)()
    assert str(error.value) == f"cannot create already existing resource '{one.id}'"


@pytest.mark.parametrize("kind", TOKENS)
def test_unchanged_inputs_and_a_refresh_are_no_change(kind: str) -> None:
    one = made(kind)
    assert one.changed() == (set(), set())
    before = dict(one.inputs)
    assert one.refresh()
    assert one.inputs == before
    assert one.changed() == (set(), set())


@pytest.mark.parametrize("kind", TOKENS)
def test_import_finds_the_inputs(kind: str) -> None:
    one = made(kind)
    found = one.resource.read(operation(), one.id, {})
    assert found
    got = one.resource.inputs_of(found, {}, {})
    written = {"administratorLoginPassword"}
    assert check(kind, dict(got)) == []
    wanted = {key: value for key, value in one.inputs.items() if key not in written}
    assert wanted.keys() <= got.keys()
    path = {key for key in wanted if f"{{{key}}}" in one.resource.path}
    assert {key: got[key] for key in path} == {key: wanted[key] for key in path}


def test_refresh_puts_what_azure_changed_into_the_inputs() -> None:
    one = made("Server", highAvailability={"mode": "ZoneRedundant"})
    events.failover(CLOUD, "one")
    assert one.refresh()
    assert one.inputs["availabilityZone"] == "2"
    assert one.inputs["highAvailability"] == {
        "mode": "ZoneRedundant",
        "standbyAvailabilityZone": "1",
    }
    wanted = {"availabilityZone": "1", "highAvailability": {"mode": "ZoneRedundant"}}
    assert one.changed(**wanted)[1] == {"availabilityZone"}, "the trap: it replaces"


def test_refresh_does_not_copy_defaults_into_the_inputs() -> None:
    one = made("Server", backup=None, storage=None)
    one.refresh()
    assert not one.inputs.keys() & {"backup", "storage", "maintenanceWindow", "identity"}


@pytest.mark.parametrize(
    ("inputs", "before", "after", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": "1"}, {"a": "1"}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, {"a": {"b": 3}}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1, "c": 2}, {"b": 4}]},
         {"a": [{"b": 1}, {"b": 4}]}),
    ],
)  # fmt: skip
def test_only_differences_of_outputs_get_into_the_inputs(
    inputs: Any, before: Any, after: Any, expected: Any
) -> None:
    assert shape.projected(inputs, before, after) == expected


def test_refresh_of_a_deleted_server_finds_nothing() -> None:
    one = made("Server")
    events.delete(CLOUD, "one")
    assert one.refresh() is None
    one.delete()


def test_preview_knows_the_inputs_only() -> None:
    server = resource("Server")
    shown = server.preview_create(operation(), inputs("Server"))
    assert shown["sku"] == GOOD["Server"]["sku"]
    assert shown["highAvailability"]["state"] == UNKNOWN
    assert shown["fullyQualifiedDomainName"] == shown["name"] == UNKNOWN
    assert "administratorLoginPassword" not in shown
    one = made("Server")
    shown = server.preview_update(operation(), one.id, one.state, inputs("Server"))
    assert (shown["name"], shown["location"]) == ("one", "westeurope")
    assert shown["fullyQualifiedDomainName"] == shown["state"] == UNKNOWN


def test_removed_input_keeps_its_value() -> None:
    one = made("Server", tags={"a": "b", "c": "d"})
    assert one.changed(backup=None)[0] == {"backup"}
    state = one.update(backup=None, tags={"a": "x"})
    assert state["backup"]["backupRetentionDays"] == 14
    assert state["tags"] == {"a": "x"}


def test_cancelled_creation_leaves_a_server_that_the_state_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SANDBOX_CLOUD_SECONDS", "1")
    server = resource("Server")
    with pytest.raises(Failure, match="operation timed out"):
        server.create(operation(timeout=0.05), inputs("Server"))
    assert record()["status"] == "Ready"
    with pytest.raises(Failure, match="cannot create already existing resource"):
        server.create(operation(), inputs("Server"))
    found = server.read(operation(), SERVER_ID, {})
    assert found
    assert found["state"] == "Ready"


def test_provider_marks_nothing_as_secret() -> None:
    for declared in AzureNative.resources.values():
        assert not [key for key, each in declared.inputs.items() if each.secret]


def test_other_subscription_is_empty() -> None:
    with pytest.raises(Failure, match="ResourceGroupNotFound"):
        resource("Server").create(operation(subscriptionId="other"), inputs("Server"))


def test_every_kind_can_be_deleted_twice() -> None:
    for kind in ("Database", "PrivateDnsZoneGroup", "Subnet"):
        one = Made(kind) if kind == "Subnet" else made(kind)
        one.delete()
        one.delete()
        CLOUD.file.unlink()
