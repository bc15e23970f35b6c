"""The nodes that the cluster can have, each in a zone of its own."""

from dataclasses import dataclass

from sandbox import SandboxError
from sandbox.machine import network, paths

REGION = "us-east-1"


@dataclass(frozen=True)
class Node:
    """One node of the cluster."""

    name: str
    zone: str
    address: str


NODES = tuple(
    Node(f"node-{letter}", f"{REGION}{letter}", address)
    for letter, address in zip("abc", network.NODES, strict=True)
)


def named(name: str) -> Node:
    """The node of that name."""
    for node in NODES:
        if node.name == name:
            return node
    raise SandboxError(f"no node {name!r}: one of {', '.join(node.name for node in NODES)}")


def in_zone(zone: str) -> list[Node]:
    """The nodes of that zone."""
    if found := [node for node in NODES if node.zone == zone]:
        return found
    raise SandboxError(f"no zone {zone!r}: one of {', '.join(node.zone for node in NODES)}")


def known() -> list[Node]:
    """The nodes that were ever started and not retired."""
    return [node for node in NODES if (paths.NODES / node.name).exists()]
