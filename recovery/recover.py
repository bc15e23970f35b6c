"""Recovery of a stack: its lock, its Helm releases, its interrupted operations."""

from collections.abc import Sequence

from recovery import locks
from recovery.commands import Run
from recovery.helm import Helm
from recovery.operations import ImportIds, Operations
from recovery.releases import Releases
from recovery.stack import Stack
from recovery.step import Step
from recovery.terminal import Terminal


def recover(stack: Stack, run: Run, import_ids: ImportIds, terminal: Terminal) -> int:
    """Repair a stack after a killed update; 1 if the user must solve something first."""
    state = stack.state()
    holders = stack.holders(state)
    if holders:
        if not locks.release(stack, holders, terminal):
            return 1
        state = stack.state()
    releases = Releases(Helm(run), state)
    steps = [*releases.steps(), *Operations(stack, state, releases, import_ids).steps()]
    if not steps:
        terminal.say(f"Stack {stack.name}: nothing {'else ' if holders else ''}to repair.")
        return 0
    _show(stack, steps, terminal)
    if terminal.dry_run:
        return 0
    actions = [step.act for step in steps if step.act]
    if actions and not terminal.agrees("Shall this be done?"):
        return 1
    for act in actions:
        terminal.say(f"{act()}.")
    return _conclude(stack, steps, terminal)


def _show(stack: Stack, steps: Sequence[Step], terminal: Terminal) -> None:
    terminal.say(f"Found in stack {stack.name}:")
    for step in steps:
        terminal.say(f"- {step.found}")
        if step.remedy:
            terminal.say(f"    recovery: {step.remedy}")
        if step.advice:
            terminal.say(f"    you: {step.advice}")


def _conclude(stack: Stack, steps: Sequence[Step], terminal: Terminal) -> int:
    unresolved = any(step.unresolved for step in steps)
    advice = [step.advice for step in steps if step.advice]
    if not unresolved:
        advice.append(f"pulumi up --stack {stack.name}")
    terminal.say("Next:")
    for line in advice:
        terminal.say(f"- {line}")
    return int(unresolved)
