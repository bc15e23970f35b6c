"""Functions of a provider: Terraform's data sources."""

from collections.abc import Callable
from typing import Any

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import Function


class NotFound(Exception):
    """A data source found nothing; the message is the Terraform provider's."""


def function(
    token: str,
    answer: Callable[[Operation, dict[str, Any]], dict[str, Any]],
    required: tuple[str, ...],
    optional: tuple[str, ...],
) -> Function:
    """A function that takes these arguments; all others are not simulated."""

    def call(op: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
        given = {key: value for key, value in arguments.items() if value is not None}
        try:
            for key in sorted(given.keys() - {*required, *optional}):
                raise NotFound(f"not simulated: argument {key} of {token}")
            for key in sorted(set(required) - given.keys()):
                raise NotFound(f'Missing required argument "{key}"')
            return {**given, **answer(op, given)}
        except NotFound as error:
            said = one_error(str(error))
            raise Failure(
                f"invocation of {token} returned an error: invoking {token}: {said}"
            ) from None

    return call
