"""The provider's messages for invalid inputs; the property of a problem stays empty."""

from collections.abc import Iterator
from typing import Any

from sandbox.providers.framework.resource import Kind, Problem
from sandbox.providers.framework.validation import Messages
from sandbox.providers.framework.values import Path, written

NAMES = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}


class AzureMessages(Messages):
    """Reports missing and wrong values; unknown keys are dropped silently."""

    def unknown(self, path: Path) -> Iterator[Problem]:
        yield from ()

    def missing(self, path: Path) -> Problem:
        return Problem("", f"missing required property '{written(path)}'")

    def wrong(self, path: Path, kind: Kind, value: Any) -> Problem:
        wanted = {"list": "array", "map": "object"}.get(kind, kind)
        if kind == "integer" and isinstance(value, float):
            return Problem("", f"'{written(path)}' must be an integer but got {value:f}")
        got = NAMES.get(type(value), "an object")
        return Problem("", f"'{written(path)}' should be of type '{wanted}' but got {got}")
