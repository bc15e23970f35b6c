"""The shapes of inputs and outputs: what the provider sends, and what it projects back."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.framework.resource import Input, Inputs

Data = dict[str, Any]


def known(values: Mapping[str, Any], declared: Inputs) -> Data:
    """The values that are declared; the provider drops all others silently, nested ones too."""
    return {
        key: _known(value, declared[key])
        for key, value in values.items()
        if key in declared and value is not None
    }


def _known(value: Any, declared: Input) -> Any:
    if not declared.fields:
        return value
    match declared.kind, value:
        case "object", Mapping():
            return known(value, declared.fields)
        case "map", Mapping():
            return {key: known(each or {}, declared.fields) for key, each in value.items()}
        case "list", list():
            return [known(each, declared.fields) for each in value]
    return value


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Data:
    """The old object after a PUT: what the request omits keeps its value."""
    found = dict(old)
    for key, value in new.items():
        was = found.get(key)
        if isinstance(was, Mapping) and isinstance(value, Mapping) and key != "tags":
            found[key] = merged(was, value)
        else:
            found[key] = value
    return found


def projected(inputs: Mapping[str, Any], before: Data, after: Data) -> Data:
    """The inputs with the differences between two projections of outputs applied to them."""
    found = {key: value for key, value in inputs.items() if key not in before or key in after}
    for key, value in after.items():
        if key not in before:
            found[key] = value
        elif before[key] != value:
            found[key] = _applied(inputs[key], before[key], value) if key in inputs else value
    return found


def _applied(base: Any, before: Any, after: Any) -> Any:
    if all(isinstance(each, Mapping) for each in (base, before, after)):
        return projected(base, before, after)
    if all(isinstance(each, list) for each in (base, before, after)):
        count = min(len(base), len(before))
        return [
            _applied(base[number], before[number], item) if number < count else item
            for number, item in enumerate(after)
        ]
    return after
