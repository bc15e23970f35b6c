"""The Terraform bridge's messages for invalid inputs."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.providers.framework.resource import Kind, Problem
from sandbox.providers.framework.validation import Messages
from sandbox.providers.framework.values import Path, written


class BridgedMessages(Messages):
    """The bridge's messages; the property of a problem stays empty."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _examine(self, path: Path) -> str:
        return f"Examine values at '{self.name}.{written(path)}'."

    def unknown(self, path: Path) -> Iterator[Problem]:
        """A key that the resource does not have."""
        key = snake(str(path[-1]))
        yield Problem("", f'Invalid or unknown key. "{key}". {self._examine(path)}')

    def missing(self, path: Path) -> Problem:
        """A required value that is not given."""
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


def _go(value: Any) -> str:
    names = {
        bool: "bool",
        int: "float64",
        float: "float64",
        str: "string",
        list: "[]interface {}",
    }
    return names.get(type(value), "map[string]interface {}")
