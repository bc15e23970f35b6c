"""Labels of Google Cloud's resources."""

import re
from collections.abc import Mapping

from sandbox.providers.gcp.errors import invalid

# https://cloud.google.com/sql/docs/postgres/label-instance#requirements; the letters may also be
# international ones, which have no case.
_KEY = re.compile(r"(?=[^\W\d_])[\w-]{1,63}")
_VALUE = re.compile(r"[\w-]{0,63}")


def refuse(labels: Mapping[str, str]) -> None:
    """Refuse too many labels, and keys and values that labels can't have."""
    if len(labels) > 64:
        raise invalid(f"At most 64 labels are allowed, found {len(labels)}")
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or key != key.lower():
            raise invalid(f"Label key '{key}' is invalid")
        if not _VALUE.fullmatch(value) or value != value.lower():
            raise invalid(f"Label value '{value}' of key '{key}' is invalid")
