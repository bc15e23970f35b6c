"""Inputs held against their declaration, and the words for what does not fit."""

import re
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
    values: Mapping[str, Any], declared: Inputs, words: "Words", path: Path = ()
) -> Iterator[Problem]:
    """Every unknown key, missing value and wrong type, nested ones included."""
    for key, value in values.items():
        here = (*path, key)
        known = declared.get(key)
        if known is None:
            if not key.startswith("__"):
                yield from words.unknown(here)
        elif value is None or value == UNKNOWN:
            continue
        elif not fits(value, known.kind):
            yield words.wrong(here, known.kind, value)
        elif known.fields:
            items = enumerate(value) if isinstance(value, list) else [(None, value)]
            for index, item in items:
                at = here if index is None else (*here, index)
                if isinstance(item, dict):
                    yield from problems(item, known.fields, words, at)
                elif item != UNKNOWN:
                    yield words.wrong(at, "object", item)
        elif known.kind in ("list", "map"):
            for index, item in value.items() if isinstance(value, dict) else enumerate(value):
                if item is not None and item != UNKNOWN and not fits(item, known.items):
                    yield words.wrong((*here, index), known.items, item)
    for key, known in declared.items():
        if known.required and values.get(key) is None:
            yield words.missing((*path, key))


def fits(value: Any, kind: Kind) -> bool:
    """Whether the value is of the kind; a boolean is no number."""
    if kind == "any":
        return True
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _FITTING[kind])


class Words:
    """How a provider that was not generated from Terraform says it."""

    def unknown(self, path: Path) -> Iterator[Problem]:
        """A key that the resource has not."""
        yield Problem(written(path), f"unknown property '{written(path)}'")

    def missing(self, path: Path) -> Problem:
        """A value that must be given."""
        return Problem(written(path), f"missing required property '{written(path)}'")

    def wrong(self, path: Path, kind: Kind, value: Any) -> Problem:
        """A value of another type."""
        reason = f"'{written(path)}' should be of type '{kind}' but got {_javascript(value)}"
        return Problem(written(path), reason)


class BridgedWords(Words):
    """How a provider that wraps a Terraform provider says it; the property stays empty."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _examine(self, path: Path) -> str:
        return f"Examine values at '{self.name}.{written(path)}'."

    def unknown(self, path: Path) -> Iterator[Problem]:
        """A key that the resource has not."""
        key = snake(str(path[-1]))
        yield Problem("", f'Invalid or unknown key. "{key}". {self._examine(path)}')

    def missing(self, path: Path) -> Problem:
        """A value that must be given."""
        reason = (
            f'Missing required argument. The argument "{snake(str(path[-1]))}" is required, '
            f"but no definition was found.. {self._examine(path)}"
        )
        return Problem("", reason)

    def wrong(self, path: Path, kind: Kind, value: Any) -> Problem:
        """A value of another type."""
        wanted = {"integer": "int", "number": "float", "boolean": "bool", "list": "slice"}
        reason = (
            f"'' expected type '{wanted.get(kind, kind)}', got unconvertible type "
            f"'{_go(value)}', value: '{value}'. {self._examine(path)}"
        )
        return Problem("", reason)


def snake(name: str) -> str:
    """`dbSubnetGroupName` as `db_subnet_group_name`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _javascript(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}
    return names.get(type(value), "object")


def _go(value: Any) -> str:
    names = {
        bool: "bool",
        int: "float64",
        float: "float64",
        str: "string",
        list: "[]interface {}",
    }
    return names.get(type(value), "map[string]interface {}")
