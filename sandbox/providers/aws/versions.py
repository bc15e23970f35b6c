"""The PostgreSQL versions of RDS."""

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import invalid

VERSIONS = {"13": "13.22", "14": "14.19", "15": "15.14", "16": "16.10", "17": "17.6", "18": "18.1"}
"""The newest minor version of each major version."""
OUT_OF_SUPPORT = {"13"}


def major_of(version: str) -> str:
    """The major version of a version that RDS offers."""
    major = version.split(".")[0]
    if major not in VERSIONS or version not in (major, VERSIONS[major]):
        raise invalid(f"Cannot find version {version} for postgres")
    return major


def refuse_unsupported(inputs: Data) -> None:
    """Refuse a version without standard support, if extended support is disabled."""
    disabled = inputs.get("engineLifecycleSupport") == "open-source-rds-extended-support-disabled"
    if major_of(inputs["engineVersion"]) in OUT_OF_SUPPORT and disabled:
        raise invalid(f"Cannot find version {inputs['engineVersion']} for postgres")


def refuse_upgrade(actual: str, version: str, allowed: bool) -> None:
    """Refuse a downgrade, and a major upgrade that is not allowed."""
    was, now = int(major_of(actual)), int(major_of(version))
    if now < was:
        raise invalid(f"Cannot upgrade postgres from {actual} to {version}")
    if now > was and not allowed:
        raise invalid(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major "
            "version."
        )
