"""Quantities of CPU and memory, as Kubernetes spells them."""

import re
from decimal import Decimal

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_QUANTITY = re.compile(r"\+?(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?", re.ASCII)
_DECIMAL = {"n": -3, "u": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


def amount(quantity: str) -> Decimal | None:
    """The number that the quantity stands for, or None if it is no quantity."""
    found = _QUANTITY.fullmatch(quantity)
    if not found:
        return None
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix in _BINARY:
        return number * 1024 ** _BINARY[suffix]
    if suffix in _DECIMAL:
        return number * Decimal(1000) ** _DECIMAL[suffix]
    return number * Decimal(10) ** int(suffix[1:])
