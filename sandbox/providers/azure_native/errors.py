"""Errors of Azure Resource Manager, and the provider's messages that contain them."""

import contextlib
from collections.abc import Iterator

from sandbox.providers.azure_native import ids
from sandbox.providers.framework.errors import Failure, TimedOut


class ApiError(Exception):
    """The API refused a request."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')


def invalid(parameter: str, rule: str = "") -> ApiError:
    """The service's error for an invalid value."""
    more = f" {rule}" if rule else ""
    return ApiError(
        "InvalidParameterValue",
        f"Invalid value given for parameter {parameter}. Specify a valid parameter value.{more}",
    )


def not_simulated(what: str) -> ApiError:
    """An error of the simulator: the real API may accept the request."""
    return ApiError("NotSimulated", f"not simulated: {what}")


def not_found(id: str) -> ApiError:
    """The error for a resource that does not exist."""
    return ApiError(
        "ResourceNotFound",
        f"The Resource '{ids.type_and_name(id)}' under resource group '{ids.group_of(id)}' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
        404,
    )


def no_group(name: str) -> ApiError:
    """The error for a resource group that does not exist."""
    return ApiError("ResourceGroupNotFound", f"Resource group '{name}' could not be found.", 404)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Raise the API's errors, and timeouts, as the provider reports them."""
    try:
        yield
    except ApiError as error:
        raise Failure(str(error)) from None
    except TimedOut:
        raise Failure("operation timed out") from None
