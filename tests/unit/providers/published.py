"""The types that an SDK publishes for its resources and functions."""

import collections.abc
import types
import typing
from typing import Any


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def outputs(resource: type[Any]) -> dict[str, Any]:
    """The outputs of a resource of the SDK by the engine's names, and their types."""
    return {
        name: typing.get_args(each.fget.__annotations__["return"])[0]
        for each in vars(resource).values()
        if isinstance(each, property) and (name := getattr(each.fget, "_pulumi_name", None))
    }


def results(function: Any) -> dict[str, Any]:
    """The results of a function of the SDK by the engine's names, and their types."""
    return fields(typing.get_type_hints(function)["return"])


def fields(kind: Any) -> dict[str, Any]:
    """The fields of an object of the SDK by the engine's names, and their types."""
    return {
        getattr(each.fget, "_pulumi_name", camel(name)): each.fget.__annotations__["return"]
        for name, each in {**vars(kind.__mro__[1]), **vars(kind)}.items()
        if isinstance(each, property)
    }


def optional_type(wanted: Any) -> bool:
    return type(None) in typing.get_args(wanted)


def is_of(value: Any, wanted: Any) -> bool:
    """Whether a value has a published type; fields of objects are not checked."""
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if wanted is Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(is_of(value, each) for each in arguments)
    if origin is collections.abc.Sequence:
        return isinstance(value, list) and all(is_of(each, arguments[0]) for each in value)
    if origin is collections.abc.Mapping:
        return isinstance(value, dict) and all(is_of(each, arguments[1]) for each in value.values())
    if wanted in (str, int, float, bool, type(None)):
        return type(value) is wanted
    return isinstance(value, dict)
