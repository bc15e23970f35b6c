"""Processes of this machine; only Linux's /proc is read."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Process:
    """A process that runs now."""

    id: int
    parent: int
    command: str


def running() -> dict[int, Process]:
    """All processes by their ID; empty where there is no /proc."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text(errors="replace")
            # The program's name, in brackets, may hold spaces and brackets of its own.
            parent = int(
                (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            )
        except OSError:
            continue  # it has just ended
        id = int(folder.name)
        found[id] = Process(id=id, parent=parent, command=command.replace("\0", " "))
    return found


def orphaned_plugin(name: str) -> int | None:
    """The ID of a provider process whose engine was killed: it completes its last request."""
    processes = running()
    for process in processes.values():
        parent = processes.get(process.parent)
        programs = {Path(word).name for word in process.command.split()}
        of_an_engine = parent is not None and "pulumi" in parent.command
        if f"pulumi-resource-{name}" in programs and not of_an_engine:
            return process.id
    return None
