"""Which server belongs to a stack, and the refusal to create a second, empty one."""

from collections.abc import Iterator, Sequence

import pulumi

from components.guards import Refusal
from components.imports import import_command
from components.server.discovery import LiveServer
from components.server.policy import ServerPolicy


def only_server(found: Sequence[str], stack: str, policy: ServerPolicy) -> Iterator[str]:
    """One line if several servers have the stack's label."""
    if len(found) > 1:
        yield (
            f"{policy.product}: {', '.join(sorted(found))} all carry the label "
            f"{policy.labels.stack}={stack}, which must name one {policy.noun}; remove it from "
            "those that belong to no stack any more, or rename this stack"
        )


def refuse_second_server(
    component: str, live: LiveServer, policy: ServerPolicy, replaced_by: str
) -> Refusal:
    """Refuses to create a server beside the live one; `replaced_by` names settings that do it."""

    def lines(call: pulumi.ResourceHookArgs) -> str:
        return "\n".join(
            (
                f"Refusing to create a second, empty {policy.noun}: {live.identifier} already "
                "belongs to this stack. Possible causes:",
                f"- {replaced_by}",
                "- the stack's state was lost: restore it (pulumi stack import)",
                f"- an update was killed while the {policy.noun} was created; take it back: "
                f"{import_command(call, live.identifier, component)}",
            )
        )

    return lines
