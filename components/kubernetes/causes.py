"""What keeps a pod from being ready."""

import dataclasses
import enum


class Kind(enum.IntEnum):
    """What went wrong, the most telling first."""

    CREATION = enum.auto()
    IMAGE = enum.auto()
    START = enum.auto()
    MEMORY = enum.auto()
    END = enum.auto()
    SCHEDULING = enum.auto()
    VOLUME = enum.auto()
    SIDECAR = enum.auto()
    PROBE = enum.auto()
    INIT = enum.auto()
    EVICTION = enum.auto()
    UNKNOWN = enum.auto()


@dataclasses.dataclass(frozen=True, order=True)
class Cause:
    """One reason why a pod is not ready, or does not exist."""

    kind: Kind
    text: str
    permanent: bool = False
    """Whether it stays until somebody changes something."""
