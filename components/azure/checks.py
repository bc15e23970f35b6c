"""Checks of single settings, each with one line for every value that Azure would refuse."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from components.azure import ids, machines
from components.server import parameters
from components.server.settings import ServerSettings

SMALLEST_SUBNET = 28
"""https://learn.microsoft.com/azure/postgresql/network/concepts-networking-private"""
MODES = ("SameZone", "ZoneRedundant")
ENCRYPTED = {
    "require_secure_transport": ("on",),
    "ssl_min_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("", "TLSv1.2", "TLSv1.3"),
}
"""The values of server parameters that leave no connection without TLS 1.2 or later."""


def id_problems(key: str, text: str, kind: str) -> Iterator[str]:
    """The setting `key` must be empty or the ID of a resource of that type."""
    if text and not ids.parse(text, kind).name:
        yield f'{key}: is "{text}", must be the ID of a resource of type {kind} (/subscriptions/…)'


def range_problems(key: str, text: str) -> Iterator[str]:
    """The setting `key` must be a range that a delegated subnet can have."""
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError as error:
        yield f'{key}: is "{text}", must be an IPv4 range such as 10.0.8.0/28: {error}'
        return
    if network.prefixlen > SMALLEST_SUBNET:
        yield f"{key}: is {text}, must be a range of /{SMALLEST_SUBNET} or larger"


def standby_problems(mode: str, standby_zone: str, asked: ServerSettings) -> Iterator[str]:
    """The standby's mode, zone and machine must fit each other and the server's zone."""
    if mode not in MODES:
        yield f'server.highAvailabilityMode: is "{mode}", must be {" or ".join(MODES)}'
    if standby_zone and mode != "ZoneRedundant":
        yield (
            "server.standbyZone: is for highAvailabilityMode ZoneRedundant only; a standby of "
            "SameZone is where the server is: remove it"
        )
    yield from standby_zone_problems(standby_zone, asked.zone)
    sku = machines.SIZES.get(asked.size, asked.size)
    if asked.high_availability and machines.tier(sku) == "Burstable":
        yield (
            f"highAvailability: is true, and {sku} is burstable, which Azure gives no standby; set "
            "size to a Standard_D… or Standard_E… machine"
        )


def standby_zone_problems(standby_zone: str, zone: str) -> Iterator[str]:
    """A zone-redundant standby must be in another zone than its server."""
    if standby_zone and standby_zone == zone:
        yield f"server.standbyZone: is {zone}, the server's own zone; must be another one"


def parameter_problems(
    key: str, given: Mapping[str, Any], strings: Mapping[str, str]
) -> Iterator[str]:
    """Parameters must be single values, and must leave TLS on."""
    yield from parameters.problems(key, given)
    for name, allowed in ENCRYPTED.items():
        if name in strings and strings[name].lower() not in map(str.lower, allowed):
            yield (
                f"{key}.{name}: is {strings[name]}, must be {' or '.join(filter(None, allowed))}, "
                "because every client must use TLS 1.2 or later"
            )
