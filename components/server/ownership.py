"""Which server belongs to a stack, and the refusal to create a second, empty one."""

from collections.abc import Iterator, Sequence

import pulumi

from components.guards import Refusal
from components.imports import import_command, recovery_command
from components.server.discovery import LiveServer
from components.server.lookups import recorded_state
from components.server.policy import ServerPolicy


def own_servers(tagged: Sequence[str], output: str, stack: str, policy: ServerPolicy) -> list[str]:
    """The servers with the stack's label, without copies of the one that the state records.

    A restored server has the labels of its source; only the identifier tells it apart. The state
    has it as this `output`.
    """
    if len(tagged) < 2:
        return list(tagged)
    known = recorded_state(stack)()
    identifiers = {outputs.get(output) for outputs in known.values()}
    own = [each for each in tagged if each in identifiers]
    if len(own) != 1:
        return list(tagged)
    copies = ", ".join(sorted({*tagged} - {*own}))
    pulumi.warn(
        f"{policy.product}: {copies} has the label {_label(stack, policy)} and is not this "
        f"stack's {policy.noun}, which is {own[0]}; a restored copy keeps the labels of its "
        "source: remove the label from it"
    )
    return own


def only_server(found: Sequence[str], stack: str, policy: ServerPolicy) -> Iterator[str]:
    """One line if several servers have the stack's label."""
    if len(found) > 1:
        yield (
            f"{policy.product}: {', '.join(sorted(found))} all carry the label "
            f"{_label(stack, policy)}, and this stack's state "
            f"records none of them as its {policy.noun}; if its state was lost, restore it "
            "(`pulumi stack import`) or remove the label from the others; if they are another "
            "team's stack of the same name, rename this one"
        )


def _label(stack: str, policy: ServerPolicy) -> str:
    return f"{policy.labels.stack}={policy.labels.spelled(stack)}"


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
                "- another team's stack has the same name: rename this stack, which has made "
                "nothing yet (`pulumi stack rename …`)",
                "- the stack's state was lost: restore it (`pulumi stack import`), or take the "
                f"{policy.noun} back as below",
                f"- an update was killed while the {policy.noun} was created: "
                f"{recovery_command(call)}, or take it back: "
                f"{import_command(call, live.import_id or live.identifier, component)}",
            )
        )

    return lines
