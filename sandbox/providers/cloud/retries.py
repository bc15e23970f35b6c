"""Requests that a provider repeats while the cloud refuses them for a passing reason."""

from collections.abc import Callable
from typing import TypeVar

from sandbox.providers.framework.errors import TimedOut
from sandbox.providers.framework.operation import Operation

PAUSE = 0.2
E = TypeVar("E", bound=Exception)
T = TypeVar("T")


def until_accepted(
    op: Operation, request: Callable[[], T], error: type[E], passes: Callable[[E], bool]
) -> T:
    """The answer to the request; at the timeout, the cloud's last error."""
    while True:
        try:
            return request()
        except error as refused:
            if not passes(refused):
                raise
            try:
                op.sleep(PAUSE)
            except TimedOut:
                raise refused from None
