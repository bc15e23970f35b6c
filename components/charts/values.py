"""Helm values: ours merged over a person's own, with every collision named."""

from collections.abc import Iterator, Mapping
from typing import Any

Values = dict[str, Any]
Version = tuple[int, int, int]


def merge(ours: Values, theirs: Values) -> Values:
    """Ours over theirs: maps key by key, lists one after the other, anything else ours."""
    merged = dict(theirs)
    for key, value in ours.items():
        other = merged.get(key)
        if isinstance(value, dict) and isinstance(other, dict):
            merged[key] = merge(value, other)
        elif isinstance(value, list) and isinstance(other, list):
            merged[key] = value + other
        else:
            merged[key] = value
    return merged


def collisions(ours: Values, theirs: Values, path: str = "") -> Iterator[str]:
    """The dotted keys of theirs that ours would overwrite; entries of lists collide by `name`."""
    for key, value in theirs.items():
        if key not in ours:
            continue
        mine, here = ours[key], f"{path}{key}"
        if isinstance(mine, dict) and isinstance(value, dict):
            yield from collisions(mine, value, f"{here}.")
        elif isinstance(mine, list) and isinstance(value, list):
            names = {entry["name"] for entry in mine}
            for entry in value:
                if isinstance(entry, dict) and entry.get("name") in names:
                    yield f"{here}[{entry['name']}]"
        else:
            yield here


def unknown(theirs: Values, known: Mapping[str, Version], version: Version) -> Iterator[str]:
    """What a chart of that version would silently lose, as `key: why`."""
    for path in _paths(theirs, known):
        since = known.get(path)
        if since is None:
            yield f"{path}: the chart knows no such key"
        elif version < since:
            yield f"{path}: the chart knows this key from {'.'.join(map(str, since))} on"


def _paths(theirs: Values, known: Mapping[str, Version], path: str = "") -> Iterator[str]:
    """The dotted keys down to the depth that the table describes."""
    for key, value in theirs.items():
        here = f"{path}{key}"
        yield here
        if isinstance(value, dict) and any(name.startswith(f"{here}.") for name in known):
            yield from _paths(value, known, f"{here}.")
