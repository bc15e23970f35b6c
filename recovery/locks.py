"""The lock of a killed update."""

import socket
from collections.abc import Sequence

from recovery import processes
from recovery.commands import RecoveryError
from recovery.stack import Holder, Stack
from recovery.terminal import Terminal


def release(stack: Stack, holders: Sequence[Holder], terminal: Terminal) -> bool:
    """Release the lock if the user agrees; returns whether recovery may continue."""
    terminal.say(f"Stack {stack.name} is locked:")
    for holder in holders:
        seen = {True: "; it still runs", False: "; that process has ended", None: ""}
        terminal.say(f"  {holder.text}{seen[_runs_here(holder)]}")
    for holder in holders:
        if _runs_here(holder):
            raise RecoveryError(
                f"stack {stack.name} is being updated by process {holder.process} of this "
                "machine: wait for its end"
            )
    if terminal.dry_run:
        terminal.say("Would release the lock (pulumi cancel).")
        return True
    if any(_runs_here(holder) is None for holder in holders):
        terminal.say("An update that still runs on another machine looks the same as a killed one.")
    if not terminal.agrees("Has it ended, and shall its lock be released (pulumi cancel)?"):
        return False
    stack.cancel()
    terminal.say("Released the lock (pulumi cancel).")
    return True


def _runs_here(holder: Holder) -> bool | None:
    """Whether the update still runs; None if this machine cannot tell."""
    running = processes.running()
    if holder.host != socket.gethostname() or not running:
        return None
    process = running.get(holder.process)
    return process is not None and "pulumi" in process.command
