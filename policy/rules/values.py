"""Reads properties, of which a preview may not know all values."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

Path = tuple[str | int, ...]


def at(value: Any, path: str, default: Any = None) -> Any:
    """The value at a dotted path; the default where there is none.

    Raises UnknownValueError for a value that only the update knows: Pulumi then says that the
    preview can't run the policy.
    """
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return default if value is None else value


def known(value: Any) -> Iterator[tuple[str | int, Any]]:
    """The entries of an object or array, without those that only the update knows."""
    if isinstance(value, Mapping):
        keys: Any = list(value)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        keys = range(len(value))
    else:
        return
    for key in keys:
        try:
            yield key, value[key]
        except UnknownValueError:
            continue


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Each known text, with its path."""
    if isinstance(value, str):
        yield path, value
    for key, inner in known(value):
        yield from leaves(inner, (*path, key))


def objects(value: Any, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each object, with its path."""
    if isinstance(value, Mapping):
        yield path, value
    for key, inner in known(value):
        yield from objects(inner, (*path, key))


def dotted(path: Path) -> str:
    """A path as Pulumi spells it: values.coder.env[0].value."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")
