"""What a failover, which moves a server to another zone, means for an update."""

from components.server.discovery import LiveServer


def stale_zone(state: str | None, live: LiveServer, noun: str) -> str | None:
    """The line that refuses an update whose state is older than a failover.

    An update sends the zone of the state, and would move the server back or fail.
    """
    if not state or state == live.zone:
        return None
    return (
        f"zone: a failover has moved {noun} {live.identifier} to {live.zone}, and this update "
        f"would move it back to {state}; type `pulumi refresh` first"
    )
