"""Tags of AWS resources."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.errors import ApiError
from sandbox.providers.framework.operation import Operation


def tags_all(op: Operation, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The provider's default tags merged with the resource's own; ApiError for an invalid tag."""
    defaults = (op.config.get("defaultTags") or {}).get("tags", {})
    found: dict[str, str] = {**defaults, **(inputs.get("tags") or {})}
    if len(found) > 50:
        raise ApiError("TagLimitExceeded", "The maximum number of tags for a resource is 50")
    for key, value in found.items():
        if key.lower().startswith("aws:"):
            raise ApiError(
                "InvalidParameterValue",
                f"Tag keys starting with 'aws:' are reserved for internal use: {key}",
            )
        if not re.fullmatch(r"[\w .:/=+\-@]{1,128}", key):
            raise ApiError("InvalidParameterValue", f"Invalid tag key: {key}")
        if not re.fullmatch(r"[\w .:/=+\-@]{0,256}", value):
            raise ApiError("InvalidParameterValue", f"Invalid tag value: {value}")
    return found
