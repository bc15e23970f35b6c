"""Outputs, replacements and checks of the simulated Google Cloud agree with the provider."""

import dataclasses
from typing import Any

import pulumi_gcp as gcp
import pytest
from pulumi import _types

from sandbox.providers.framework.resource import Inputs, Resource
from sandbox.providers.framework.validation import fill_defaults, problems
from sandbox.providers.framework.values import UNKNOWN
from sandbox.providers.gcp.instance_schema import NOT_SIMULATED
from sandbox.providers.gcp.provider import Gcp
from tests.unit.providers.gcp import (
    ADDRESS,
    CONNECTION,
    DATABASE,
    INSTANCE,
    NETWORK,
    PROJECT_ID,
    USER,
    checked,
    make,
    operation,
)
from tests.unit.providers.published import is_of, optional_type, outputs
from tests.unit.providers.test_sdk import PUBLISHED

GIVEN: dict[str, dict[str, Any]] = {
    INSTANCE.type: checked(),
    USER.type: {"name": "coder_admin", "instance": "made", "password": "secret"},
    DATABASE.type: {"name": "app", "instance": "made"},
    ADDRESS.type: {
        "name": "more",
        "addressType": "INTERNAL",
        "network": NETWORK,
        "prefixLength": 20,
        "purpose": "VPC_PEERING",
    },
    CONNECTION.type: {
        "network": NETWORK,
        "service": "servicenetworking.googleapis.com",
        "reservedPeeringRanges": ["google-managed-services-dev"],
        "updateOnCreationFail": True,
    },
}
REPLACING = {
    INSTANCE.type: {"encryptionKeyName", "name", "project", "region"},
    USER.type: {"host", "instance", "name", "project", "type"},
    DATABASE.type: {"instance", "name", "project"},
    ADDRESS.type: {
        "address", "addressType", "description", "ipVersion", "name", "network", "prefixLength",
        "project", "purpose",
    },
    CONNECTION.type: {"network", "service"},
}  # fmt: skip
"""From the provider's source; a change of any other input is an update."""


@pytest.fixture(autouse=True)
def _made() -> None:
    make(name="made")


@pytest.mark.parametrize("token", Gcp.resources)
def test_replacing_inputs_are_those_of_the_provider(token: str) -> None:
    resource: Resource = Gcp.resources[token]
    found = {key for key in resource.inputs if resource.replaces((key,), {}, {key: "x"})}
    assert found == REPLACING[token]


def state_and_readings(token: str) -> list[dict[str, Any]]:
    resource, inputs = Gcp.resources[token], dict(GIVEN[token])
    fill_defaults(inputs, resource.inputs)
    op = operation()
    id, made = resource.create(op, inputs)
    state = {**inputs, **made}
    found = resource.read(op, id, state)
    assert found
    assert found.pop("id", id) == id
    return [state, found, {**inputs, **resource.update(op, id, state, inputs)}]


@pytest.mark.parametrize("token", Gcp.resources)
def test_outputs_are_complete_and_have_the_sdks_types(token: str) -> None:
    types = outputs(PUBLISHED[token][0])
    for given in state_and_readings(token):
        assert given.keys() <= types.keys()
        for key, value in given.items():
            assert is_of(value, types[key]), (key, value)
        needed = {key for key, type in types.items() if not optional_type(type)}
        assert needed <= given.keys() | NEVER


NEVER = {"replicaConfiguration"}
"""Not simulated, so no instance has it."""


def test_settings_have_the_sdks_names_and_types() -> None:
    wanted = {
        "insightsConfig": {"queryInsightsEnabled": True},
        "maintenanceWindow": {"day": 7, "hour": 4},
        "finalBackupConfig": {"enabled": True, "retentionDays": 30},
        "databaseFlags": [{"name": "max_connections", "value": "100"}],
    }
    state = make(wanted)
    declared = INSTANCE.inputs["settings"].fields
    assert not list(problems(state["settings"], declared, Gcp().messages("one")))
    outputs = _types.output_type_types(gcp.sql.outputs.DatabaseInstanceSettings)
    assert {*state["settings"]} <= {*declared}
    assert len(outputs) == len(declared)


@pytest.mark.parametrize("token", Gcp.resources)
def test_computed_values_are_unknown_at_preview(token: str) -> None:
    resource: Resource = Gcp.resources[token]
    expected = resource.preview_create(operation(), dict(GIVEN[token]))
    _, made = resource.create(operation(), GIVEN[token])
    known = {key for key, value in expected.items() if value != UNKNOWN} - {"settings"}
    for key in known & made.keys():
        assert made[key] == GIVEN[token].get(key) or key in ("network", "deletionPolicy")
    assert expected[sorted(resource.outputs)[0]] == UNKNOWN


def leaves(declared: Inputs, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, each in declared.items():
        found.add(f"{prefix}{key}")
        found |= leaves(each.fields, f"{prefix}{key}.")
    return found


def test_what_is_not_simulated_exists_and_is_an_error() -> None:
    assert leaves(INSTANCE.inputs) >= NOT_SIMULATED
    for path in sorted(NOT_SIMULATED):
        inputs = checked()
        within, steps = inputs, path.split(".")
        for step in steps[:-1]:
            within = within.setdefault(step, {})
        within[steps[-1]] = "x"
        (found,) = INSTANCE.check(operation(), inputs, {})
        assert f"not simulated: setting {path} is an error" in found.reason


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"edition": "STANDARD"},
     'expected settings.0.edition to be one of ["ENTERPRISE" "ENTERPRISE_PLUS"], got STANDARD'),
    ({"availabilityType": "BOTH"}, "expected settings.0.availability_type to be one of"),
    ({"ipConfiguration.sslMode": "ON"}, "expected settings.0.ip_configuration.0.ssl_mode to be"),
    ({"ipConfiguration.serverCaMode": "OWN"}, "expected settings.0.ip_configuration.0.server_ca_"),
    ({"ipConfiguration.privateNetwork": "dev"}, "doesn't match regexp"),
    ({"maintenanceWindow.day": 8}, "maintenance_window.0.day to be in the range (1 - 7), got 8"),
    ({"maintenanceWindow.hour": 24}, "maintenance_window.0.hour to be in the range (0 - 23)"),
    ({"finalBackupConfig.retentionDays": 0}, "to be in the range (1 - 36135), got 0"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "words"), WRONG)
def test_value_that_the_provider_does_not_know_is_a_problem(
    settings: dict[str, Any], words: str
) -> None:
    (found,) = INSTANCE.check(operation(), checked(settings), {})
    assert words in found.reason
    assert found.property == ""
    assert "Examine values at 'one.settings." in found.reason


def test_settings_or_clone_is_required() -> None:
    (found,) = INSTANCE.check(operation(), checked() | {"settings": None}, {})
    assert "`clone,point_in_time_restore_context,settings` must be specified" in found.reason
    inputs = checked() | {"settings": None, "clone": {"sourceInstanceName": "made"}}
    assert not list(INSTANCE.check(operation(), inputs, {}))


def test_check_fills_in_the_providers_project_region_and_a_name() -> None:
    inputs: dict[str, Any] = checked() | {"project": None, "region": None, "name": None}
    assert not list(INSTANCE.check(operation(), inputs, {}))
    assert (inputs["project"], inputs["region"]) == (PROJECT_ID, "us-east1")
    assert inputs["name"].startswith("one-")
    again = {**inputs, "name": None}
    list(INSTANCE.check(operation(), again, inputs))
    assert again["name"] == inputs["name"]


def test_nested_defaults_are_those_of_the_provider() -> None:
    of = checked({"backupConfiguration.backupRetentionSettings": {"retainedBackups": 9}})[
        "settings"
    ]
    assert of["diskAutoresize"] is True
    assert of["activationPolicy"] == "ALWAYS"
    assert of["backupConfiguration"]["backupRetentionSettings"]["retentionUnit"] == "COUNT"
    assert "readPoolAutoScaleConfig" not in of, "only objects that are given have defaults"
    assert "edition" not in {key for key, each in FIELDS.items() if each.default is not None}


FIELDS = INSTANCE.inputs["settings"].fields


def test_provider_needs_a_project() -> None:
    provider = Gcp()
    with pytest.raises(Exception, match="pulumi config set gcp:project"):
        provider.configured()
    assert dataclasses.is_dataclass(FIELDS["tier"])
