"""The PostgreSQL versions of RDS."""

from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import invalid

DEFAULTS = {"13": "13.22", "14": "14.19", "15": "15.14", "16": "16.10", "17": "17.6", "18": "18.1"}
"""The minor version that RDS takes for a major one."""
RELEASES = (
    ("13.22", "14.19", "15.14", "16.10", "17.6"),
    ("13.23", "14.20", "15.15", "16.11", "17.7", "18.1"),
    ("14.22", "15.17", "16.13", "17.9", "18.3"),
)
"""Versions that were released together, the oldest first."""
_RELEASED = {version: at for at, versions in enumerate(RELEASES) for version in versions}
OUT_OF_SUPPORT = {"13"}


def full(version: str) -> str:
    """The full version that RDS takes for a version of a request."""
    found = DEFAULTS.get(version, version)
    if found not in _RELEASED:
        raise invalid(f"Cannot find version {version} for postgres")
    return found


def major_of(version: str) -> str:
    """The major version of a version that RDS offers."""
    return full(version).partition(".")[0]


def refuse_unsupported(inputs: Data) -> None:
    """Refuse a version without standard support, if extended support is disabled."""
    disabled = inputs.get("engineLifecycleSupport") == "open-source-rds-extended-support-disabled"
    if major_of(inputs["engineVersion"]) in OUT_OF_SUPPORT and disabled:
        raise invalid(f"Cannot find version {inputs['engineVersion']} for postgres")


def targets(actual: str) -> list[str]:
    """The versions to which RDS upgrades: no major version below, and none released before."""
    return [
        version
        for version, released in _RELEASED.items()
        if version != actual
        and int(major_of(version)) >= int(major_of(actual))
        and released >= _RELEASED[actual]
    ]


def refuse_upgrade(actual: str, version: str, allowed: bool) -> None:
    """Refuse what is no valid target, and a major upgrade that is not allowed.

    `Cannot upgrade postgres from 16.13 to 17.6` (terraform-aws-modules/terraform-aws-rds#627).
    """
    wanted = full(version)
    if wanted == actual:
        return
    if wanted not in targets(actual):
        raise invalid(f"Cannot upgrade postgres from {actual} to {wanted}")
    if major_of(wanted) != major_of(actual) and not allowed:
        raise invalid(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major "
            "version."
        )
