"""The zone that a new server is placed in, and the zone that a live one keeps."""

from collections.abc import Mapping

import pulumi

from components.server.discovery import LiveServer
from components.server.policy import ServerPolicy


def choose_zone(
    asked: str,
    live: LiveServer | None,
    nodes: Mapping[str, float],
    policy: ServerPolicy,
    *,
    without_nodes: str,
) -> tuple[str, list[str]]:
    """The server's zone, empty where none can be chosen, and one line for every fault.

    `nodes` holds the desired number of nodes for each zone; `without_nodes` says why there is none.
    """
    if live:
        return _kept_zone(asked, live, policy)
    if asked:
        return asked, []
    if not nodes:
        return "", [
            f"zone: cannot be found, because {without_nodes}; type `pulumi config set zone …`"
        ]
    zone = max(sorted(nodes), key=lambda each: nodes[each])
    if len(nodes) > 1:
        shares = ", ".join(f"{nodes[each]:g} in zone {each}" for each in sorted(nodes))
        pulumi.info(
            f"zone: {zone} is chosen, because most desired nodes are there ({shares}). The "
            "database stays there; to choose another zone before it is created: `pulumi config "
            "set zone …`"
        )
    return zone, []


def _kept_zone(asked: str, live: LiveServer, policy: ServerPolicy) -> tuple[str, list[str]]:
    if asked in ("", live.pinned_zone, live.zone):
        return asked or live.pinned_zone, []
    return asked, [
        f'zone: is "{asked}", but {policy.noun} {live.identifier} is in {live.zone}, and '
        f"{policy.product} cannot move it; type `pulumi config set zone {live.zone}`, or make a "
        "new stack there with restoreFrom"
    ]
