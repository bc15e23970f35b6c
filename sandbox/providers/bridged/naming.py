"""Names for resources that the program does not name."""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.bridged.checks import conflicts
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import Problem


def fill_name(op: Operation, inputs: dict[str, Any], old: Mapping[str, Any]) -> Iterator[Problem]:
    """Fill in a name if neither it nor a prefix is given; refuse both."""
    if inputs.get("name") is None and inputs.get("namePrefix") is None:
        inputs["name"] = autoname(op, old.get("name"))
    yield from conflicts(op, inputs, ("name", "namePrefix"))


def chosen_name(inputs: Mapping[str, Any]) -> str:
    """The given name, or a unique one with the given prefix."""
    stamp = f"{time.time_ns():x}"[:16] + secrets.token_hex(5)
    return inputs.get("name") or f"{inputs['namePrefix']}{stamp[:26]}"
