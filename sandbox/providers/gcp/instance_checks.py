"""Checks of an instance's inputs that the provider makes itself, before any API call."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.providers.bridged.checks import problem
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import UNKNOWN, at
from sandbox.providers.gcp.instance_schema import NOT_SIMULATED

_ONE_OF: dict[str, tuple[str, ...]] = {
    "deletionPolicy": ("DELETE", "ABANDON", "PREVENT"),
    "settings.availabilityType": ("REGIONAL", "ZONAL"),
    "settings.connectorEnforcement": ("NOT_REQUIRED", "REQUIRED"),
    "settings.dataApiAccess": ("DISALLOW_DATA_API", "ALLOW_DATA_API"),
    "settings.edition": ("ENTERPRISE", "ENTERPRISE_PLUS"),
    "settings.ipConfiguration.serverCaMode": (
        "CA_MODE_UNSPECIFIED",
        "GOOGLE_MANAGED_INTERNAL_CA",
        "GOOGLE_MANAGED_CAS_CA",
        "CUSTOMER_MANAGED_CAS_CA",
    ),
    "settings.ipConfiguration.serverCertificateRotationMode": (
        "NO_AUTOMATIC_ROTATION",
        "AUTOMATIC_ROTATION_DURING_MAINTENANCE",
    ),
    "settings.ipConfiguration.sslMode": (
        "ALLOW_UNENCRYPTED_AND_ENCRYPTED",
        "ENCRYPTED_ONLY",
        "TRUSTED_CLIENT_CERTIFICATE_REQUIRED",
    ),
}
_BETWEEN = {
    "settings.finalBackupConfig.retentionDays": (1, 36135),
    "settings.insightsConfig.queryPlansPerMinute": (0, 200),
    "settings.insightsConfig.queryStringLength": (1, 1048576),
    "settings.maintenanceWindow.day": (1, 7),
    "settings.maintenanceWindow.hour": (0, 23),
}
_NETWORK = re.compile(
    r"(?:https?://.+/)?projects/((?:[a-z0-9.\-]+:)?[a-z0-9\-]+)/global/networks/"
    r"([a-z]([-a-z0-9]*[a-z0-9])?)"
)


def problems(op: Operation, inputs: Data) -> Iterator[Problem]:
    """All problems that the engine's Check call reports."""
    for path in sorted(NOT_SIMULATED):
        if _given(inputs, path):
            yield problem(op, path, f"not simulated: setting {path} is an error")
    if not inputs.get("settings") and not inputs.get("clone"):
        yield problem(
            op,
            "settings",
            'Missing required argument. "settings": one of '
            "`clone,point_in_time_restore_context,settings` must be specified",
        )
    for path, allowed in _ONE_OF.items():
        value = _given(inputs, path)
        if value is not None and value != UNKNOWN and value not in allowed:
            listed = " ".join(f'"{each}"' for each in allowed)
            yield problem(op, path, f"expected {_name(path)} to be one of [{listed}], got {value}")
    for path, (least, most) in _BETWEEN.items():
        value = _given(inputs, path)
        if isinstance(value, int) and not least <= value <= most:
            text = f"expected {_name(path)} to be in the range ({least} - {most}), got {value}"
            yield problem(op, path, text)
    path = "settings.ipConfiguration.privateNetwork"
    network = _given(inputs, path)
    given = isinstance(network, str) and network not in ("", UNKNOWN)
    if given and not _NETWORK.fullmatch(network):
        said = f'"{_name(path)}" ("{network}") doesn\'t match regexp "{_NETWORK.pattern}"'
        yield problem(op, path, said)


def _given(inputs: Data, path: str) -> Any:
    return at(inputs, tuple(path.split(".")))


def _name(path: str) -> str:
    """The name of an argument as Terraform's SDK writes it: `settings.0.edition`."""
    return ".0.".join(
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", step).lower() for step in path.split(".")
    )
