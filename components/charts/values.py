"""Helm values: merging the program's with the user's, and checking the user's."""

from collections.abc import Iterator, Mapping
from typing import Any

Values = dict[str, Any]
Version = tuple[int, int, int]


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
            names = {entry["name"] for entry in mine}
            for entry in value:
                if isinstance(entry, dict) and entry.get("name") in names:
                    yield f"{here}[{entry['name']}]"
        else:
            yield here


def unknown(user: Values, known: Mapping[str, Version], version: Version) -> Iterator[str]:
    """The keys that a chart of that version ignores, each as `key: reason`."""
    for path in _paths(user, known):
        since = known.get(path)
        if since is None:
            yield f"{path}: the chart has no such key"
        elif version < since:
            yield f"{path}: the chart has this key since {'.'.join(map(str, since))}"


def _paths(user: Values, known: Mapping[str, Version], path: str = "") -> Iterator[str]:
    """The dotted keys, as deep as the known keys go."""
    for key, value in user.items():
        here = f"{path}{key}"
        yield here
        if isinstance(value, dict) and any(name.startswith(f"{here}.") for name in known):
            yield from _paths(value, known, f"{here}.")
