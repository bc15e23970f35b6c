"""Checks inputs against their declaration."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.framework.resource import Inputs, Kind, Problem
from sandbox.providers.framework.values import UNKNOWN, Path, written

_FITTING: Mapping[Kind, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "map": (dict,),
    "list": (list,),
}


def problems(
    values: Mapping[str, Any], declared: Inputs, messages: "Messages", path: Path = ()
) -> Iterator[Problem]:
    """Every unknown key, missing value and wrong type, nested ones included."""
    for key, value in values.items():
        here = (*path, key)
        known = declared.get(key)
        if known is None:
            if not key.startswith("__"):
                yield from messages.unknown(here)
        elif value is None or value == UNKNOWN:
            continue
        elif not fits(value, known.kind):
            yield messages.wrong(here, known.kind, value)
        elif known.fields:
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, item in items:
                at = here if index is None else (*here, index)
                if isinstance(item, dict):
                    yield from problems(item, known.fields, messages, at)
                elif item != UNKNOWN:
                    yield messages.wrong(at, "object", item)
        elif known.kind in ("list", "map"):
            for index, item in value.items() if isinstance(value, dict) else enumerate(value):
                if item is not None and item != UNKNOWN and not fits(item, known.items):
                    yield messages.wrong((*here, index), known.items, item)
    for key, known in declared.items():
        if known.required and values.get(key) is None:
            yield messages.missing((*path, key))


def fill_defaults(values: dict[str, Any], declared: Inputs) -> None:
    """Fill in the declared defaults in place, also in each object that is given."""
    for key, known in declared.items():
        if known.default is not None and values.get(key) is None:
            values[key] = known.default
        inner = values.get(key)
        for each in inner if isinstance(inner, list) else [inner]:
            if known.fields and isinstance(each, dict):
                fill_defaults(each, known.fields)


def fits(value: Any, kind: Kind) -> bool:
    """Whether the value has the type; a boolean is not a number."""
    if kind == "any":
        return True
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _FITTING[kind])


class Messages:
    """The messages of a provider that was not made from a Terraform provider."""

    def unknown(self, path: Path) -> Iterator[Problem]:
        """A key that the resource does not have."""
        yield Problem(written(path), f"unknown property '{written(path)}'")

    def missing(self, path: Path) -> Problem:
        """A required value that is not given."""
        return Problem(written(path), f"missing required property '{written(path)}'")

    def wrong(self, path: Path, kind: Kind, value: Any) -> Problem:
        """A value of another type."""
        reason = f"'{written(path)}' should be of type '{kind}' but got {_javascript(value)}"
        return Problem(written(path), reason)


def _javascript(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")
