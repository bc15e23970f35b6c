"""Identifies a process by its PID and start time, because PIDs are reused."""

import os
from pathlib import Path


def current() -> str:
    """The identity of this process."""
    return identity(os.getpid())


def lives(process: str) -> bool:
    """Whether the process still runs."""
    return process == identity(int(process.partition(":")[0]))


def identity(pid: int) -> str:
    """The identity of the process with this PID; empty if it has ended."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state == "Z" else f"{pid}:{fields[18]}"
