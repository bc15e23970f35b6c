"""Which server belongs to a stack, and the refusal to create a second, empty one."""

from collections.abc import Callable, Iterator, Sequence

import pulumi

from components import guards
from components.server.discovery import LiveServer
from components.server.policy import ServerPolicy

Refusal = Callable[[pulumi.ResourceHookArgs], str | None]
"""Returns the lines that refuse the creation of a server, or None."""


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
        parent = f"{call.urn.rpartition('$')[0]}::{component}"
        return "\n".join(
            (
                f"Refusing to create a second, empty {policy.noun}: {live.identifier} already "
                "belongs to this stack. Possible causes:",
                f"- {replaced_by}",
                "- the stack's state was lost: restore it (pulumi stack import)",
                f"- an update was killed while the {policy.noun} was created; take it back: pulumi "
                f"import {call.type} {call.name} {live.identifier} --parent "
                f"'{component}={parent}' --generate-code=false",
            )
        )

    return lines


def creation_hook(name: str, refusals: Sequence[Refusal]) -> pulumi.ResourceHook:
    """A hook that refuses the creation of the server `name` with the lines of all refusals."""

    def before_create(call: pulumi.ResourceHookArgs) -> None:
        guards.refuse(refusal(call) for refusal in refusals)

    return guards.hook(f"{name}: creation rules", before_create)
