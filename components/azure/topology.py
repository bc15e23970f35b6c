"""Virtual networks, subnets and private DNS zones, as the look-ups find them."""

import dataclasses
import ipaddress
from collections.abc import Iterable, Mapping

from components.azure.ids import ResourceId

Range = ipaddress.IPv4Network


def region(location: str) -> str:
    """The location as node labels and most of Azure spell it: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()


def ranges(texts: Iterable[str]) -> tuple[Range, ...]:
    """The IPv4 ranges among the texts."""
    return tuple(ipaddress.IPv4Network(text) for text in texts if text and ":" not in text)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet that the settings name."""

    id: ResourceId
    ranges: tuple[Range, ...]
    delegations: tuple[str, ...]
    """The services that it is delegated to."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class VirtualNetwork:
    """A virtual network, with the ranges of its subnets by their names."""

    id: ResourceId
    region: str
    space: tuple[Range, ...]
    subnets: Mapping[str, tuple[Range, ...]]
    peers: frozenset[str]
    """The keys of the networks that it is peered with."""

    def used(self, *, without: str) -> list[Range]:
        """The ranges of its subnets but that one."""
        return [each for name in self.subnets if name != without for each in self.subnets[name]]

    def free_range(self, prefix: int, taken: Iterable[Range]) -> str:
        """A range of that size that neither a subnet nor `taken` has; empty if there is none."""
        used, size = [*self.used(without=""), *taken], 2 ** (32 - prefix)
        for space in sorted(self.space, key=lambda each: each.prefixlen):
            # From the end: people number their subnets from the beginning.
            last = int(space.broadcast_address) + 1
            for number in range(1, min(space.num_addresses // size, 4096) + 1):
                free = Range((last - number * size, prefix))
                if not any(map(free.overlaps, used)):
                    return str(free)
        return ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrivateZone:
    """A private DNS zone."""

    id: ResourceId
    links: int
    """How many virtual networks resolve its names."""
