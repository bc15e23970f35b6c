"""The PostgreSQL versions of Cloud SQL."""

from sandbox.providers.gcp.errors import ApiError, invalid

MINORS = {"13": 22, "14": 19, "15": 14, "16": 10, "17": 6, "18": 1}
"""The newest minor version of each major version."""


def major_of(version: str) -> str:
    """The major version of a version that Cloud SQL offers."""
    major = version.removeprefix("POSTGRES_")
    if version == major or major not in MINORS:
        raise ApiError(
            400,
            f"Invalid value at 'body.database_version' (TYPE_ENUM), \"{version}\"",
            "badRequest",
        )
    return major


def maintenance_version(version: str) -> str:
    """The full version of an instance, with the date of Google's release."""
    return f"{version}_{MINORS[major_of(version)]}.R20260801.00_10"


def default_edition(version: str) -> str:
    """The edition of an instance that names none."""
    return "ENTERPRISE_PLUS" if int(major_of(version)) >= 16 else "ENTERPRISE"


def refuse_upgrade(actual: str, wanted: str) -> None:
    """Refuse a downgrade; an upgrade may skip versions."""
    if int(major_of(wanted)) < int(major_of(actual)):
        raise invalid(
            f"Database version upgrade from {actual} to {wanted} is not supported: the target "
            "version must be higher"
        )
