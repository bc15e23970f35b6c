"""The allocated ranges of private services access, and the instances' addresses in them."""

import ipaddress
from collections.abc import Iterable

from sandbox.machine import network
from sandbox.providers.cloud.account import Data
from sandbox.providers.gcp.errors import ApiError, invalid

FREE = ipaddress.ip_network("10.128.0.0/9")
"""Where ranges without a given address are."""
_SANDBOX = tuple(ipaddress.ip_network(each) for each in (network.SUBNET, network.SERVICE_CIDR))
FIRST = 3
"""The first host number of an instance in a range; Google uses the ones below."""


def network_name(link: str) -> str:
    """The name of a network that is given by its name, its path or its URI."""
    return link.rstrip("/").rpartition("/")[2]


def network_project(link: str, default: str) -> str:
    """The project of a network."""
    parts = link.split("/")
    return parts[parts.index("projects") + 1] if "projects" in parts else default


def range_of(address: Data) -> ipaddress.IPv4Network:
    """The range that a global address reserves."""
    return ipaddress.IPv4Network(f"{address['address']}/{address['prefixLength']}")


def choose_range(data: Data, prefix: int) -> str:
    """The address of a free range of that length."""
    taken = [range_of(each) for each in data["addresses"].values() if each.get("prefixLength")]
    for found in FREE.subnets(new_prefix=prefix) if prefix > FREE.prefixlen else ():
        if not any(found.overlaps(each) for each in (*taken, *_SANDBOX)):
            return str(found.network_address)
    raise ApiError(400, f"No free range with the prefix length {prefix} is left.", "badRequest")


def choose(data: Data, vpc: str, wanted: str = "") -> str:
    """A free address for an instance in a range of the network's connection."""
    ranges = data["connections"][vpc]["ranges"]
    if wanted and wanted not in ranges:
        raise invalid(
            f"Failed to create subnetwork. The allocated IP range {wanted} is not reserved for the "
            f"connection of network {vpc}"
        )
    used = {each["address"] for each in data["instances"].values()}
    for name in [wanted] if wanted else ranges:
        for found in _hosts(range_of(data["addresses"][name])):
            if found not in used:
                return found
    raise invalid(
        "Failed to create subnetwork. Couldn't find free blocks in allocated IP ranges. Please "
        "allocate new ranges for this service provider"
    )


def _hosts(within: ipaddress.IPv4Network) -> Iterable[str]:
    for number in range(FIRST, within.num_addresses - 1):
        yield str(within[number])


def peered(data: Data, vpc: str) -> bool:
    """Whether the network has a private services connection."""
    return vpc in data["connections"]
