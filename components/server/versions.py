"""PostgreSQL's major versions: which step from the live one to the asked one is possible."""

from collections.abc import Iterator

from components.server.discovery import LiveServer
from components.server.policy import ServerPolicy


def major(version: str) -> int:
    """The major version of a full version such as 17.6."""
    return int(version.partition(".")[0])


def same_major(old: object, new: object) -> bool:
    """Whether two versions, full or major, have the same major version."""
    return str(old).partition(".")[0] == str(new).partition(".")[0]


def problems(wanted: int, live: LiveServer, policy: ServerPolicy) -> Iterator[str]:
    """One line for a version that the live server cannot be changed to."""
    server = f"{policy.noun} {live.identifier}"
    if wanted < live.version:
        yield (
            f"postgresVersion: is {wanted}, but {server} has {live.version} and cannot downgrade; "
            f"set postgresVersion to {live.version}, or restore a pre-upgrade backup into a new "
            "stack (restoreFrom)"
        )
    step = policy.major_step
    if step is not None and wanted > live.version + step:
        yield (
            f"postgresVersion: is {wanted}, but {server} has {live.version}, and {policy.product} "
            f"upgrades by {step} major version at a time; set it to {live.version + step} first"
        )
