"""The certificate authorities and the name that an instance's certificate is checked against."""

from collections.abc import Iterable
from typing import Any

import pulumi

from components.certificates import pem

PRIVATE = "PRIVATE_SERVICES_ACCESS"


def joined(authorities: Iterable[str]) -> str:
    """All CAs as one text, which does not depend on their order or line ends."""
    return "".join(f"{each}\n" for each in sorted({pem(each) for each in authorities}) if each)


def private_name(names: Iterable[Any] | None) -> str:
    """The instance's name in its network, which a CA of the Certificate Authority Service signs."""
    for each in names or []:
        if each.connection_type == PRIVATE and each.name:
            return each.name.rstrip(".")
    raise pulumi.RunError(
        f"server.caMode: the instance has no DNS name of type {PRIVATE}; make the instance with "
        "GOOGLE_MANAGED_INTERNAL_CA"
    )
