"""Checks of single arguments, with the messages of Terraform's SDK."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.providers.bridged.messages import snake
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import UNKNOWN


def problem(op: Operation, key: str, message: str) -> Problem:
    """A problem with one argument."""
    return Problem("", f"{message}. Examine values at '{op.name}.{key}'.")


def conflicts(
    op: Operation, inputs: Mapping[str, Any], *pairs: tuple[str, str]
) -> Iterator[Problem]:
    """Report arguments that exclude each other."""
    for one, other in pairs:
        if inputs.get(one) is not None and inputs.get(other) is not None:
            detail = f'"{snake(one)}": conflicts with {snake(other)}'
            yield problem(op, one, f"Conflicting configuration arguments. {detail}")


def matches(
    op: Operation, inputs: Mapping[str, Any], key: str, pattern: str, rule: str
) -> Iterator[Problem]:
    """Report a known string that does not match the pattern."""
    value = inputs.get(key)
    if isinstance(value, str) and value != UNKNOWN and not re.fullmatch(pattern, value):
        yield problem(op, key, f'invalid value for {snake(key)} ({rule}): "{value}"')


def one_of(
    op: Operation, inputs: Mapping[str, Any], key: str, allowed: tuple[Any, ...]
) -> Iterator[Problem]:
    """Report a known value that is not allowed."""
    value = inputs.get(key)
    if value is not None and value != UNKNOWN and value not in allowed:
        listed = " ".join(f'"{each}"' if isinstance(each, str) else f"{each}" for each in allowed)
        yield problem(op, key, f"expected {snake(key)} to be one of [{listed}], got {value}")
