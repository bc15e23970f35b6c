"""Look-ups that fail with one line instead of the engine's several."""

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class LookupFailed(Exception):
    """Says in one line what could not be looked up, and AWS's own words for why."""


def ask(question: str, function: Callable[..., T], **arguments: Any) -> T:
    """The answer of one of the SDK's blocking look-ups."""
    try:
        return function(**arguments)
    except Exception as error:  # the SDK has no narrower class for what an invoke answers
        cause = str(error).split("\t* ")[-1].strip().splitlines() or ["no answer"]
        raise LookupFailed(f"{question}: {cause[0]}") from error


def major(version: str) -> int:
    """The major version of one that RDS gives in full."""
    return int(version.partition(".")[0])
