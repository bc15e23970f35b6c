"""The zones of an instance and its standby."""

from collections.abc import Iterator, Mapping, Sequence

from components.gcp.lookups import LiveInstance
from components.server.settings import ServerSettings


def zone_problems(
    zone: str, live: LiveInstance | None, region: str, zones: Sequence[str]
) -> Iterator[str]:
    """One line for a zone of a new instance that its region does not have."""
    if zone and not live and zone not in zones:
        yield (
            f'zone: is "{zone}", must be one of {", ".join(zones)}: the zones of {region}, the '
            "region of the cluster"
        )


def secondary_zone(
    server: ServerSettings,
    asked: str,
    zone: str,
    live: LiveInstance | None,
    nodes: Mapping[str, float],
    zones: Sequence[str],
) -> tuple[str, list[str]]:
    """The standby's zone, empty without one, and one line for every fault.

    Without a wish it is the other zone with the most nodes of the cluster, else any of the region.
    A failover swaps both zones, so a live instance with a standby keeps the pair that it has.
    """
    if not server.high_availability or not zone:
        return "", []
    primary = live.zone if live else zone
    if live and live.regional and asked in ("", live.zone, live.secondary_zone):
        return live.secondary_zone, []
    others = sorted({*zones} - {primary}, key=lambda each: (-nodes.get(each, 0), each))
    if asked and asked not in others:
        reason = "the zone of the server" if asked == primary else "no zone of its region"
        return "", [
            f'server.secondaryZone: is "{asked}", which is {reason}; must be one of '
            f"{', '.join(others)}"
        ]
    if not others:
        return "", [
            f"highAvailability: is true, but the region has no zone besides {primary}; type "
            "`pulumi config set highAvailability false`"
        ]
    return asked or others[0], []
