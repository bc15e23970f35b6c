"""Helm values: merging the program's with the user's, and checking both against a chart's."""

import re
from collections.abc import Iterator
from typing import Any

Values = dict[str, Any]
Version = tuple[int, int, int]
KUBERNETES = re.compile(
    r"(affinity|annotations|labels|nodeSelector|probe|resources|securityContext|serviceSpec)$",
    re.IGNORECASE,
)
"""Keys of objects that charts pass to Kubernetes unchanged, so that any field is allowed."""


def merge(program: Values, user: Values) -> Values:
    """Both merged: maps key by key, lists concatenated; else the program's value is taken."""
    merged = dict(user)
    for key, value in program.items():
        other = merged.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            merged[key] = merge(value, other)
        elif isinstance(value, list) and isinstance(other, list):
            merged[key] = value + other
        else:
            merged[key] = value
    return merged


def collisions(program: Values, user: Values, path: str = "") -> Iterator[str]:
    """The user's dotted keys that the program also sets; list entries are compared by `name`."""
    for key, value in user.items():
        if key not in program:
            continue
        mine, here = program[key], f"{path}{key}"
        if isinstance(mine, dict) and isinstance(value, dict):
            yield from collisions(mine, value, f"{here}.")
        elif isinstance(mine, list) and isinstance(value, list):
            taken = _names(mine)
            yield from (f"{here}[{name}]" for name in _names(value) if name in taken)
        else:
            yield here


def misfits(given: Values, chart: Values, path: str = "") -> Iterator[tuple[str, str]]:
    """Each dotted key of `given` that a chart with these values ignores or can't use, and why."""
    for key, value in given.items():
        here = f"{path}{key}"
        if key not in chart:
            yield here, "the chart has no such key"
            continue
        known = chart[key]
        if value is None or known is None:
            continue
        expected = _shape(known)
        if _shape(value) is not expected:
            yield here, f"is {shown(value)}, must be {_SHAPES[expected]}"
        elif isinstance(value, dict) and known and not KUBERNETES.search(key):
            yield from misfits(value, known, f"{here}.")


def nulls(given: Any, path: str = "") -> Iterator[str]:
    """The path of each null, in maps and lists."""
    if given is None:
        yield path
    elif isinstance(given, dict):
        for key, value in given.items():
            yield from nulls(value, f"{path}.{key}" if path else key)
    elif isinstance(given, list):
        for index, value in enumerate(given):
            yield from nulls(value, f"{path}[{index}]")


def at(values: Values, path: str) -> Any:
    """The value at a dotted path, or None."""
    found: Any = values
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def shown(value: Any) -> str:
    """A value as an error names it: a single value as it is, else only its kind."""
    if isinstance(value, bool):
        return str(value).lower()
    kind = _shape(value)
    return f'"{value}"' if isinstance(value, str) else _SHAPES[kind] if kind else str(value)


def _names(entries: list[Any]) -> list[str]:
    return [str(each["name"]) for each in entries if isinstance(each, dict) and "name" in each]


_SHAPES = {dict: "an object", list: "a list", None: "a single value"}


def _shape(value: Any) -> type[dict[Any, Any]] | type[list[Any]] | None:
    return next((shape for shape in (dict, list) if isinstance(value, shape)), None)
