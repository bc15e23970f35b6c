"""Which process works on something: its id and start time, as an id alone is used again."""

import os
from pathlib import Path


def current() -> str:
    """This process."""
    return _identity(os.getpid())


def lives(identity: str) -> bool:
    """Whether the process still runs."""
    return identity == _identity(int(identity.partition(":")[0]))


def _identity(pid: int) -> str:
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == "Z" else f"{pid}:{fields[18]}"
