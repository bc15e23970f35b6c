"""Reads an object of a stack's settings into a frozen dataclass, naming all that is wrong."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

WORDS = {str: "a string", int: "a whole number", bool: "true or false", dict: "an object"}


def camel(name: str) -> str:
    """A Python field's name as a setting's key: `admin_username` is `adminUsername`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(key: str) -> str:
    """A setting's key as a Python field's name: `restoreFrom` is `restore_from`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def read(kind: type[T], data: Mapping[str, Any], key: str) -> tuple[T | None, list[str]]:
    """The dataclass made from `data`, or None, and a line for every wrong key of setting `key`."""
    hints = typing.get_type_hints(kind)
    fields = {camel(field.name): field for field in dataclasses.fields(kind)}
    problems: list[str] = []
    for unknown in sorted(set(data) - set(fields)):
        known = ", ".join(sorted(fields)) or "none"
        problems.append(f"{key}.{unknown}: no such key; {key} takes: {known}")
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name not in data:
            if _required(field):
                problems.append(
                    f"{key}.{name}: missing; type `pulumi config set --path {key}.{name} …`"
                )
            continue
        expected = _expected(hints[field.name])
        value = data[name]
        # A bool is an int to Python, yet never a sensible number of anything.
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            shown = "not" if "password" in name.lower() else f"{value!r}, must be"
            problems.append(f"{key}.{name}: is {shown} {_words(expected)}")
            continue
        values[field.name] = value
    return (None if problems else kind(**values)), problems


def _required(field: "dataclasses.Field[Any]") -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _expected(hint: Any) -> type:
    """The runtime type of a field's hint: `str | None` is str, `list[str]` is list."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not types.NoneType)
    return typing.get_origin(hint) or hint


def _words(expected: type) -> str:
    return WORDS.get(expected, f"a {expected.__name__}")
