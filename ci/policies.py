"""What the policy pack said, which `pulumi preview --json` leaves out."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from review.markdown import block, code
from review.plan import Plan, name_of
from review.visible import scrub


@dataclasses.dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that a resource, or the whole stack, does not keep."""

    rule: str
    level: str
    resource: str
    """Empty for the stack."""
    message: str

    @property
    def mandatory(self) -> bool:
        """Whether it fails the preview, and an update."""
        return self.level == "mandatory"


def violations(events: Path) -> Iterator[Violation]:
    """The violations in the engine's log of events."""
    for line in events.read_text().splitlines() if events.exists() else ():
        if found := json.loads(line).get("policyEvent"):
            yield Violation(
                rule=found["policyName"],
                level=found["enforcementLevel"],
                resource=name_of(found.get("resourceUrn") or ""),
                message=found["message"].strip(),
            )


def paragraphs(found: Sequence[Violation], plan: Plan) -> str:
    """The violations in markdown; empty where there are none."""
    parts = ["\n**Policies**\n"] if found else []
    if any(each.mandatory for each in found):
        parts.append("**Refused:** `pulumi up` would fail and change nothing.\n")
    for each in found:
        where = f" by {code(each.resource)}" if each.resource else ""
        parts.append(f"{code(each.rule)} ({code(each.level)}) is violated{where}:\n")
        parts.append(f"{block(scrub(each.message, plan))}\n")
    return "\n".join(parts)
