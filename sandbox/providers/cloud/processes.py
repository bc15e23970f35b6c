"""Which process works on something: its id and start time, as an id alone is used again."""

import os
from pathlib import Path


def current() -> str:
    """This process."""
    return identity(os.getpid())


def lives(process: str) -> bool:
    """Whether the process still runs."""
    return process == identity(int(process.partition(":")[0]))


def identity(pid: int) -> str:
    """The process with this id; empty if it has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == "Z" else f"{pid}:{fields[18]}"
