"""The nodes that the cluster can have, and their zones."""

from dataclasses import dataclass

from sandbox import SandboxError
from sandbox.machine import network, paths

REGION = "us-east-1"


@dataclass(frozen=True)
class Node:
    """A node; each node is in a different zone."""

    name: str
    zone: str
    address: str


NODES = tuple(
    Node(f"node-{letter}", f"{REGION}{letter}", address)
    for letter, address in zip("abc", network.NODE_ADDRESSES, strict=True)
)


def find_node(name: str) -> Node:
    """The node with that name."""
    for node in NODES:
        if node.name == name:
            return node
    names = ", ".join(node.name for node in NODES)
    raise SandboxError(f"there is no node {name!r}; the nodes are {names}")


def nodes_in_zone(zone: str) -> list[Node]:
    """The nodes in that zone."""
    if nodes := [node for node in NODES if node.zone == zone]:
        return nodes
    zones = ", ".join(node.zone for node in NODES)
    raise SandboxError(f"there is no zone {zone!r}; the zones are {zones}")


def existing_nodes() -> list[Node]:
    """The nodes that were started and not deleted since, whether they run or not."""
    return [node for node in NODES if (paths.NODES / node.name).exists()]
