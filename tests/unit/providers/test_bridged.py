"""Resources and messages of providers made from Terraform."""

from typing import Any, ClassVar

import pytest

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.messages import BridgedMessages
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework.errors import InitFailed
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.resource import Input, Inputs, Output, Outputs
from sandbox.providers.framework.validation import fill_defaults, problems
from sandbox.providers.framework.values import written

OPERATION = Operation(Engine(""), {}, "urn:pulumi:dev::p::toy:index:Disk::one")


class Disk(BridgedResource):
    inputs: ClassVar[Inputs] = {
        "label": Input("string"),
        "size": Input("integer", required=True),
        "zone": Input("string"),
    }
    outputs: ClassVar[Outputs] = {"arn": Output()}
    computed: ClassVar[frozenset[str]] = frozenset(("zone",))

    def modify(self, op: Operation, id: str, state: Any, inputs: Any) -> dict[str, Any]:
        if inputs["size"] < 0:
            raise InitFailed(id, {"size": 7}, "half done")
        raise one_error("no quota")


STATE = {"label": "x", "size": 1, "zone": "a", "arn": "arn:one"}


def test_refused_update_has_the_planned_state() -> None:
    with pytest.raises(InitFailed) as failed:
        Disk().update(OPERATION, "one", STATE, {"size": 2, "label": None})
    assert failed.value.state == {"size": 2, "zone": "a", "arn": "arn:one"}
    expected = f"updating {OPERATION.urn}: 1 error occurred:\n\t* no quota\n\n"
    assert failed.value.reasons == (expected,)


def test_partial_update_keeps_its_own_state() -> None:
    with pytest.raises(InitFailed) as failed:
        Disk().update(OPERATION, "one", STATE, {"size": -1})
    assert (failed.value.state, failed.value.reasons) == ({"size": 7}, ("half done",))


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"size": "big"}, "'' expected type 'int', got unconvertible type 'string', value: 'big'."),
        ({"size": 1, "label": True}, "'' expected type 'string', got unconvertible type 'bool'"),
        ({"size": 1, "label": 2}, "'' expected type 'string', got unconvertible type 'float64'"),
        ({"size": 1, "colour": "red"}, 'Invalid or unknown key. "colour".'),
        ({}, 'Missing required argument. The argument "size" is required, but no definition was'),
    ],
)
def test_wrong_input_has_the_bridges_message(inputs: dict[str, Any], message: str) -> None:
    (problem,) = problems(inputs, Disk.inputs, BridgedMessages("one"))
    assert problem.reason.startswith(message)
    assert "Examine values at 'one." in problem.reason
    assert problem.property == ""


class Server(BridgedResource):
    inputs: ClassVar[Inputs] = {
        "settings": Input(
            "object",
            fields={
                "size": Input("integer"),
                "flags": Input("map", items="string"),
                "place": Input("object", fields={"zone": Input("string")}),
            },
        )
    }
    computed: ClassVar[frozenset[str]] = frozenset(
        ("settings", "settings.size", "settings.place.zone")
    )


BEFORE = {"settings": {"size": 1, "flags": {"a": "b"}, "place": {"zone": "x"}}}


@pytest.mark.parametrize(
    ("settings", "changed"),
    [
        (None, []),
        ({"flags": {"a": "b"}, "place": {}}, []),
        ({"flags": {"a": "b"}}, ["settings.place"]),
        ({"flags": {}, "place": {}}, ["settings.flags.a"]),
        ({"place": {}}, ["settings.flags"]),
    ],
)
def test_nested_value_that_the_cloud_fills_in_may_be_unset(
    settings: dict[str, Any] | None, changed: list[str]
) -> None:
    found = Server().changes(BEFORE, {"settings": settings})
    assert [written(path) for path in found] == changed


def test_planned_values_keep_what_the_cloud_filled_in() -> None:
    new = {"settings": {"flags": {"c": "d"}, "place": {}}}
    planned = Server().planned(BEFORE, new)
    assert planned == {"settings": {"size": 1, "flags": {"c": "d"}, "place": {"zone": "x"}}}
    assert Server().planned(BEFORE, {"settings": None}) == BEFORE
    assert new == {"settings": {"flags": {"c": "d"}, "place": {}}}, "the inputs stay as they were"


def test_refreshed_inputs_have_the_shape_of_the_old_ones() -> None:
    state = {"settings": {"size": 2, "flags": {"a": "b", "e": "f"}, "place": {"zone": "y"}}}
    old = {"settings": {"flags": {"a": "b"}, "place": {}}}
    assert Server().inputs_of(state, old) == {
        "settings": {"flags": {"a": "b", "e": "f"}, "place": {}}
    }


def test_defaults_are_filled_in_within_objects_that_are_given() -> None:
    inner: Inputs = {"unit": Input("string", default="COUNT"), "number": Input("integer")}
    declared: Inputs = {
        "kept": Input("object", fields=inner),
        "each": Input("list", items="object", fields=inner),
        "none": Input("object", fields=inner),
        "on": Input("boolean", default=True),
    }
    values: dict[str, Any] = {"kept": {"number": 1}, "each": [{"unit": "DAYS"}, {}]}
    fill_defaults(values, declared)
    assert values == {
        "kept": {"number": 1, "unit": "COUNT"},
        "each": [{"unit": "DAYS"}, {"unit": "COUNT"}],
        "on": True,
    }
