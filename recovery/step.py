"""One finding of recovery, with its repair."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """A finding, what recovery does about it, and what the user must do."""

    found: str
    remedy: str = ""
    """What recovery will do; empty if it can do nothing."""
    act: Callable[[], str] | None = None
    """Does it and returns what was done."""
    advice: str = ""
    """What the user must do."""
    unresolved: bool = False
    """Whether recovery cannot complete before the user has done that."""
