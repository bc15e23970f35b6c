"""Errors of the AWS API, and the provider's messages that contain them."""

import uuid

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.framework.errors import Failure

MODELLED = {
    "DBInstanceAlreadyExists",
    "DBParameterGroupNotFound",
    "DBSnapshotAlreadyExists",
    "DBSnapshotNotFound",
    "DBSubnetGroupDoesNotCoverEnoughAZs",
    "DBSubnetGroupNotFoundFault",
    "InvalidDBInstanceState",
    "InvalidDBParameterGroupState",
    "InvalidDBSubnetGroupStateFault",
    "InvalidSubnet",
    "InvalidVPCNetworkStateFault",
    "ResourceAlreadyExistsException",
    "ResourceNotFoundException",
    "SubnetAlreadyInUse",
}
"""Errors for which the AWS SDK has types; it prints these without `api error`."""


class ApiError(Exception):
    """The API refused a request."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def invalid(message: str) -> ApiError:
    """An InvalidParameterCombination error, the most common one."""
    return ApiError("InvalidParameterCombination", message)


def no_identifier(parameter: str) -> ApiError:
    """The error for a name that is too long."""
    return ApiError(
        "InvalidParameterValue",
        f"The parameter {parameter} is not a valid identifier. Identifiers must begin with a "
        "letter; must contain only ASCII letters, digits, and hyphens; and must not end with a "
        "hyphen or contain two consecutive hyphens.",
    )


def failure(doing: str, operation: str, error: ApiError, service: str = "RDS") -> Failure:
    """The provider's error message that contains the API's."""
    kind = "" if error.code in MODELLED else "api error "
    return one_error(
        f"{doing}: operation error {service}: {operation}, https response error StatusCode: 400, "
        f"RequestID: {uuid.uuid4()}, {kind}{error}"
    )
