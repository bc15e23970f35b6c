"""Single look-ups of Compute Engine, by their tokens: its SDK's module takes 1.5 s to import."""

from collections.abc import Mapping
from typing import Any

from components.gcp.cluster import network_path
from components.gcp.network import PEERING
from components.server.discovery import Lookup
from components.server.lookups import by_token, if_exists

MISSING = "not found"
"""In the error of a look-up; some versions answer with nulls instead."""


def zones(project: str, region: str) -> Lookup[list[str]]:
    """The zones of the region."""
    found = _compute("getZones", f"The zones of {region}", project=project, region=region)
    return lambda: sorted(found()["names"])


def is_peered(network: str) -> Lookup[bool]:
    """Whether the network has a connection to Google's services."""
    found = _compute("getNetworkPeering", f"network: {network}", name=PEERING, network=network)
    return lambda: bool((if_exists(found, MISSING)() or {}).get("name"))


def allocated_range(name: str, network: str) -> Lookup[str]:
    """The network of the allocated range; empty if there is no range of that name."""
    project = network.split("/")[1]
    question = f"network.allocatedIpRange: {name}"
    found = _compute("getGlobalAddress", question, name=name, project=project)

    def answer() -> str:
        range = if_exists(found, MISSING)() or {}
        of = range.get("network") or ""
        return network_path(of, project) if range.get("purpose") == "VPC_PEERING" else ""

    return answer


def _compute(function: str, question: str, **arguments: str) -> Lookup[Mapping[str, Any]]:
    return by_token(question, "pulumi-gcp", f"gcp:compute/{function}:{function}", **arguments)
