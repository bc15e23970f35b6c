"""Where pods prefer to run."""

from typing import Any

from components.server.zone import Zone


def zone_affinity(zone: Zone | None) -> dict[str, Any]:
    """An `affinity` field that prefers the zone's nodes and permits all others."""
    if zone is None:
        return {}
    expression = {
        "key": "topology.kubernetes.io/zone",
        "operator": "In",
        "values": [zone.node_label],
    }
    preference = {"weight": 100, "preference": {"matchExpressions": [expression]}}
    node_affinity = {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}
    return {"affinity": {"nodeAffinity": node_affinity}}
