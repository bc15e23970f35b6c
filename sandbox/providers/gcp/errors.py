"""Errors of the Google Cloud APIs, and the provider's messages that contain them."""

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.framework.errors import Failure


class ApiError(Exception):
    """The API refused a request."""

    def __init__(self, status: int, message: str, reason: str) -> None:
        super().__init__(f"googleapi: Error {status}: {message}, {reason}")
        self.status = status
        self.reason = reason

    @property
    def passes(self) -> bool:
        """Whether the provider repeats the request: another operation is in progress."""
        return self.status == 409 and self.reason != "instanceAlreadyExists"


def invalid(message: str) -> ApiError:
    """The error for a request that Cloud SQL refuses, the most common one."""
    return ApiError(400, f"Invalid request: {message}.", "invalid")


def in_progress() -> ApiError:
    """The error for a request during an operation of the same instance."""
    return ApiError(
        409,
        "Operation failed because another operation was already in progress. Try your request "
        "after the current operation is complete.",
        "operationInProgress",
    )


def no_instance() -> ApiError:
    """The error for a request that names an unknown instance."""
    return ApiError(404, "The Cloud SQL instance does not exist.", "instanceDoesNotExist")


def failure(doing: str, error: Exception) -> Failure:
    """The provider's error message that contains the API's."""
    return one_error(f"{doing}: {error}")
