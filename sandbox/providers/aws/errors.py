"""How the API and the provider say that something can't be done."""

import uuid

from sandbox.providers.framework.operation import Failure

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
    "SubnetAlreadyInUse",
}
"""Faults that the SDK knows as types; it prints these without `api error`."""


class ApiError(Exception):
    """What the API answers, before the provider says what it was doing."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def invalid(message: str) -> ApiError:
    """The most common of them."""
    return ApiError("InvalidParameterCombination", message)


def failure(doing: str, operation: str, error: ApiError, service: str = "RDS") -> Failure:
    """The provider's words around the API's."""
    kind = "" if error.code in MODELLED else "api error "
    return wrapped(
        f"{doing}: operation error {service}: {operation}, https response error StatusCode: 400, "
        f"RequestID: {uuid.uuid4()}, {kind}{error}"
    )


def wrapped(message: str) -> Failure:
    """One error as the bridge hands it on."""
    return Failure(f"1 error occurred:\n\t* {message}\n\n")
