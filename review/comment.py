"""The comment: what a reviewer must know of a plan, the most important first."""

from collections import Counter
from collections.abc import Iterable, Iterator

from review.coder import JOB_TYPE, coder_lines
from review.costs import cost_lines
from review.markdown import block, code, section
from review.plan import SERVER, Plan, Step, name_of
from review.server import server_change, server_lines
from review.visible import reason

MARK = "<!-- coder-preview -->"
"""By it, a workflow finds the comment that it wrote before."""
LENGTH = 60_000
"""Just below GitHub's limit of 65,536 characters."""
_VERBS = {
    "create": "made",
    "import": "made",
    "update": "changed",
    "replace": "replaced",
    "delete": "deleted",
}
_ENDINGS = (
    "error: preview failed",
    "error: an unhandled error occurred: Program exited with non-zero exit code: 1",
)
"""What the engine says after the error itself."""


def comment(plan: Plan) -> str:
    """The comment as markdown."""
    paragraphs = [MARK, _title(plan), _summary(plan), *_refusals(plan)]
    change = server_change(plan)
    if change:
        paragraphs += section("Database", server_lines(change))
    paragraphs += section("Coder", coder_lines(plan))
    if change:
        paragraphs += section("Cost", cost_lines(change))
    paragraphs += section("Replaced", _replaced(plan))
    paragraphs += section("Deleted", _named(plan, "delete"))
    paragraphs += section("Made", _named(plan, "create", "import"))
    paragraphs += section("Changed", _named(plan, "update"))
    paragraphs += section("No longer protected from deletion", _protection(plan))
    return "\n\n".join(_fitting(paragraphs)) + "\n"


def _title(plan: Plan) -> str:
    return f"### Preview of stack {code(plan.stack)}" if plan.stack else "### Preview"


def _summary(plan: Plan) -> str:
    if plan.errors:
        return (
            "**Refused:** `pulumi up` would fail and change nothing. The preview stopped, so the "
            "list of changes may be incomplete."
        )
    counts = Counter(_VERBS[step.op] for step in plan.changes())
    if not counts:
        return "**No changes** of resources."
    total = ", ".join(f"{number} to be {verb}" for verb, number in counts.items())
    return f"**Resources:** {total}."


def _refusals(plan: Plan) -> Iterator[str]:
    """Why the preview failed; an error that is not the program's own is only counted."""
    reasons: dict[str, list[str]] = {}
    hidden = 0
    for error in plan.errors:
        if lines := reason(error, plan):
            reasons.setdefault(error.urn, []).append(lines)
        elif error.message.strip() not in _ENDINGS:
            hidden += 1
    for urn, lines in reasons.items():
        yield f"{code(name_of(urn)) if urn else 'The settings'}:\n\n" + block("\n".join(lines))
    if hidden:
        yield (
            "Only in the preview's log, because it may hold values: what the engine or a provider "
            f"said in {hidden} error{'s' if hidden > 1 else ''}."
        )


def _replaced(plan: Plan) -> Iterator[str]:
    for step in plan.changes():
        if step.op == "replace":
            yield f"{_resource(step)}{' (runs again)' if step.type == JOB_TYPE else ''}"


def _named(plan: Plan, *ops: str) -> Iterable[str]:
    return [_resource(step) for step in plan.changes() if step.op in ops and step.name != SERVER]


def _resource(step: Step) -> str:
    return f"{code(step.name)}, {code(step.type)}"


def _protection(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        if step.protected == (True, False) and step.op in ("same", "update"):
            yield code(step.name)


def _fitting(paragraphs: list[str]) -> Iterator[str]:
    """The paragraphs that fit into a comment; a note for those that do not."""
    left = LENGTH
    for paragraph in paragraphs:
        left -= len(paragraph) + 2
        if left < 0:
            yield "The rest is only in the preview's log."
            return
        yield paragraph
