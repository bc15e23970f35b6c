"""Settings that are objects: typed models, and one line for every fault in one of them."""

import json
import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args

import pydantic
from pydantic.alias_generators import to_camel

M = TypeVar("M", bound="SettingModel")

EXPECTED = {
    "string_type": "a string",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
}
"""What a value must be, by pydantic's name of the fault."""


class SettingModel(pydantic.BaseModel):
    """An object of the settings; its keys are the fields' names in camel case."""

    model_config = pydantic.ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        strict=True,
        validate_by_alias=True,
        validate_by_name=True,
    )


def parse(model: type[M], data: Mapping[str, Any]) -> tuple[M | None, list[str]]:
    """The model made from `data`, or None, and one line for every fault, nested ones included."""
    try:
        return model.model_validate(data), []
    except pydantic.ValidationError as error:
        return None, [_line(model, fault) for fault in error.errors(include_url=False)]


def string_cure(path: str, value: Any) -> str:
    """What to type, because the CLI makes numbers and booleans of what looks like one."""
    if isinstance(value, dict | list) or value is None:
        return ""
    return f"; type `pulumi config set --path '{path}' --type string {json.dumps(value)}`"


def _line(model: type[SettingModel], fault: Any) -> str:
    key, kind, value = _path(fault["loc"]), fault["type"], fault["input"]
    if kind == "extra_forbidden":
        parent, _, _ = key.rpartition(".")
        known = ", ".join(sorted(_known(model, fault["loc"][:-1])))
        return f"{key}: no such key; {parent} takes: {known}"
    if kind == "missing":
        return f"{key}: missing; type `pulumi config set --path {key} …`"
    expected = EXPECTED.get(kind, fault["msg"])
    if "password" in key.lower():
        return f"{key}: is not {expected}"
    cure = string_cure(key, value) if kind == "string_type" else ""
    return f"{key}: is {value!r}, must be {expected}{cure}"


def _path(location: tuple[str | int, ...]) -> str:
    first, *rest = location
    return str(first) + "".join(_step(at) for at in rest)


def _step(at: str | int) -> str:
    if isinstance(at, int):
        return f"[{at}]"
    # The CLI takes a dot in a key for the end of it.
    return f".{at}" if re.fullmatch(r"[\w-]+", at) else f'["{at}"]'


def _known(model: type[SettingModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys of the model at that place."""
    for step in location:
        if isinstance(step, int):
            continue
        (field,) = (each for each in model.model_fields.values() if each.alias == step)
        kind = field.annotation
        for each in (kind, *get_args(kind)):  # itself, or what a list is made of
            if isinstance(each, type) and issubclass(each, SettingModel):
                model = each
    return [str(field.alias) for field in model.model_fields.values()]
