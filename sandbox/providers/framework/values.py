"""Converts between property values and plain Python values, and keeps track of secret parts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import rpc

UNKNOWN = rpc.UNKNOWN
"""Placeholder at preview for a value that is known only after the update."""

Path = tuple[str | int, ...]
Properties = dict[str, PropertyValue]


def plain(value: PropertyValue) -> Any:
    """The value without secret marks; whole numbers are ints, unknown parts are UNKNOWN."""
    inner = value.value
    if isinstance(inner, Mapping):
        return {key: plain(item) for key, item in inner.items()}
    if isinstance(inner, tuple):
        return [plain(item) for item in inner]
    if isinstance(inner, float) and inner.is_integer():
        return int(inner)
    return inner


def plain_map(properties: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """All properties as plain Python."""
    return {key: plain(value) for key, value in properties.items()}


def secret_paths(properties: Mapping[str, PropertyValue]) -> set[Path]:
    """The paths of the secret parts."""
    return {path for key, value in properties.items() for path in _secrets(value, (key,))}


def _secrets(value: PropertyValue, path: Path) -> Iterator[Path]:
    if value.is_secret:
        yield path
    elif isinstance(value.value, Mapping):
        for key, item in value.value.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value.value, tuple):
        for index, item in enumerate(value.value):
            if isinstance(item, PropertyValue):
                yield from _secrets(item, (*path, index))


def marked(value: Any, secrets: Iterable[Path] = ()) -> PropertyValue:
    """The plain value as a property value, secret at the given paths."""
    secrets = set(secrets)
    return _marked(value, (), secrets)


def marked_map(values: Mapping[str, Any], secrets: Iterable[Path] = ()) -> Properties:
    """All plain values as properties, secret at the given paths."""
    secrets = set(secrets)
    return {key: _marked(value, (key,), secrets) for key, value in values.items()}


def _marked(value: Any, path: Path, secrets: set[Path]) -> PropertyValue:
    is_secret = path in secrets
    if isinstance(value, Mapping):
        inner: Any = {str(key): _marked(item, (*path, key), secrets) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        inner = [_marked(item, (*path, index), secrets) for index, item in enumerate(value)]
    elif isinstance(value, int) and not isinstance(value, bool):
        inner = float(value)
    else:
        inner = value
    return PropertyValue(inner, is_secret=is_secret)


def has_unknown(value: Any) -> bool:
    """Whether any part of the plain value is UNKNOWN."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value == UNKNOWN


def changed_paths(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of the smallest parts that differ; None counts as absent."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from changed_paths(old.get(key), new.get(key), (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from changed_paths(before, after, (*path, index))
    elif old != new:
        yield path


def at(value: Any, path: Path) -> Any:
    """The part of a plain value at a path, or None."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def written(path: Path) -> str:
    """The path in the engine's notation: `spec.containers[0]["odd.key"]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("_", "").replace("-", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text
