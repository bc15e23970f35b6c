"""A preview of a stack, and what of it may be shown."""

import dataclasses
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ci.policies import Violation, paragraphs, violations
from review.comment import comment
from review.markdown import code
from review.plan import Plan, PlanError, parse

UNEXPECTED_CHANGES = 7
"""The exit code of the CLI where `--expect-no-changes` does not hold."""
PREVIEW_FAILED = "error: preview failed"
"""What the engine says after the errors, and alone where a mandatory policy is violated."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preview:
    """What a preview found."""

    failed: bool
    """Whether an update could not be planned to its end."""
    violates: bool
    """Whether an update would be refused because of a mandatory policy."""
    changes: bool
    text: str
    """In markdown, without values that may be secret."""

    @property
    def clean(self) -> bool:
        """Whether an update would be accepted, and change nothing."""
        return not (self.failed or self.violates or self.changes)


def preview(stack: str, pulumi: str, options: Sequence[str]) -> Preview:
    """Run `pulumi preview`; its plan and its log of events hold all inputs, and are not kept."""
    command = [*shlex.split(pulumi), "preview", "--json", "--stack", stack, *options]
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events")
        done = subprocess.run(
            [*command, "--non-interactive", "--event-log", str(events)],
            # Without it, the CLI does not know --event-log.
            env=os.environ | {"PULUMI_DEBUG_COMMANDS": "true"},
            stdout=subprocess.PIPE,
            text=True,
        )
        violated = list(violations(events))
    try:
        plan = parse(done.stdout)
    except PlanError:
        # What is printed instead may be a plan of another form; the CLI's errors are on stderr.
        text = (
            f"### Preview of stack {code(stack)}\n\n**Failed** before there was a plan: the "
            "reason is in the log of the run.\n"
        )
        return Preview(failed=True, violates=False, changes=False, text=text)
    _log(plan, violated)
    named = "" if plan.stack else f"Stack {code(stack)}:\n\n"
    violates = any(each.mandatory for each in violated)
    if violates:
        # A violation fails the preview only when it has planned everything.
        others = (each for each in plan.diagnostics if each.message.strip() != PREVIEW_FAILED)
        plan = dataclasses.replace(plan, diagnostics=tuple(others))
    return Preview(
        failed=bool(plan.errors)
        or (done.returncode not in (0, UNEXPECTED_CHANGES) and not violates),
        violates=violates,
        # The engine also counts what no provider has, such as a component or an output.
        changes=any(plan.changes()) or done.returncode == UNEXPECTED_CHANGES,
        text=f"{named}{comment(plan)}{paragraphs(violated, plan)}",
    )


def _log(plan: Plan, violated: Iterable[Violation]) -> None:
    """Show the errors as `pulumi preview` does; the engine has masked the secrets it knows."""
    for error in plan.errors:
        print(error.message.strip(), file=sys.stderr)
    for each in violated:
        print(f"{each.level}: {each.rule} {each.resource}\n{each.message}", file=sys.stderr)
