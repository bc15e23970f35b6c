"""PostgreSQL's server parameters as a setting."""

from collections.abc import Iterator, Mapping
from typing import Any

from components.server.postgres_settings import static_names


def is_static(name: str) -> bool:
    """Whether the parameter takes effect only when the server starts, in any major version."""
    return name.lower() in static_names()


def flattened(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by their full names: `pulumi config set --path` splits a name at its dots."""
    found: dict[str, Any] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": each for key, each in flattened(value).items()}
        else:
            found[name] = value
    return found


def parameter_strings(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The values as strings; `pulumi config set` makes numbers and booleans of some."""
    return {name: _string(value) for name, value in flattened(parameters).items()}


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def problems(key: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """One line for every value of the setting `key` that is no single value."""
    for name, value in flattened(parameters).items():
        if not isinstance(value, str | int | float):
            yield f"{key}.{name}: is {value!r}, must be a string or a number"
