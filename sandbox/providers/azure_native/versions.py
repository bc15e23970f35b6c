"""The PostgreSQL versions of flexible servers."""

from sandbox.providers.azure_native.errors import ApiError, invalid

MINORS = {"13": "22", "14": "19", "15": "14", "16": "10", "17": "6", "18": "1"}
"""The minor version of each major version that new servers get."""
RETIRED = ("11", "12")
"""Versions that the API still names, for old servers."""


def refuse_new(version: str) -> None:
    """Refuse a version that new servers cannot have."""
    if version not in MINORS:
        raise invalid("version", f"New servers have {', '.join(MINORS)}.")


def refuse_upgrade(actual: str, version: str) -> None:
    """Refuse a downgrade, and a version that does not exist."""
    refuse_new(version)
    if int(version) < int(actual):
        raise ApiError(
            "MajorVersionUpgradeNotSupported",
            f"Major version upgrade from version {actual} to version {version} is not supported.",
        )
