"""Single look-ups of Compute Engine, by their tokens: its SDK's module takes 1.5 s to import."""

from collections.abc import Mapping
from importlib import metadata
from typing import Any

import pulumi

from components.gcp.cluster import network_path
from components.gcp.network import PEERING
from components.server.discovery import DiscoveryFailed, Lookup, lookup


def zones(project: str, region: str) -> Lookup[list[str]]:
    """The zones of the region."""
    found = _compute("getZones", f"The zones of {region}", project=project, region=region)
    return lambda: sorted(found()["names"])


def is_peered(network: str) -> Lookup[bool]:
    """Whether the network has a connection to Google's services."""
    found = _compute("getNetworkPeering", f"network: {network}", name=PEERING, network=network)
    return lambda: bool((_or_none(found) or {}).get("name"))


def allocated_range(name: str, network: str) -> Lookup[str]:
    """The network of the allocated range; empty if there is no range of that name."""
    project = network.split("/")[1]
    question = f"network.allocatedIpRange: {name}"
    found = _compute("getGlobalAddress", question, name=name, project=project)

    def answer() -> str:
        range = _or_none(found) or {}
        of = range.get("network") or ""
        return network_path(of, project) if range.get("purpose") == "VPC_PEERING" else ""

    return answer


def _compute(function: str, question: str, **arguments: str) -> Lookup[Mapping[str, Any]]:
    # The version selects the provider that the resources have, too.
    options = pulumi.InvokeOptions(version=metadata.version("pulumi-gcp"))
    token = f"gcp:compute/{function}:{function}"
    found = lookup(question, pulumi.runtime.invoke, tok=token, props=arguments, opts=options)
    return lambda: found().value or {}


def _or_none(found: Lookup[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The answer, or None for what does not exist; some versions answer with nulls instead."""
    try:
        return found()
    except DiscoveryFailed as failed:
        if all("not found" in line for line in failed.lines):
            return None
        raise
