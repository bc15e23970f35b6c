"""The IDs by which `pulumi import` finds what a killed update was creating."""

from collections.abc import Callable, Mapping
from typing import Any

IMPORT_IDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {}
