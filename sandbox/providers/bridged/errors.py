"""Errors of a Terraform provider, as the bridge reports them."""

from sandbox.providers.framework.errors import Failure


def one_error(message: str) -> Failure:
    """A single error."""
    return Failure(f"1 error occurred:\n\t* {message}\n\n")
