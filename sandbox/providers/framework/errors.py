"""Errors whose message the engine shows unchanged."""

from typing import Any


class Failure(Exception):
    """An operation failed."""


class InitFailed(Failure):
    """The resource exists but is not as requested: the engine keeps it with these errors."""

    def __init__(self, id: str, state: dict[str, Any], *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.state = state
        self.reasons = reasons


class Cancelled(Failure):
    """The user asked the engine to stop."""


class TimedOut(Failure):
    """The operation took longer than its timeout."""
