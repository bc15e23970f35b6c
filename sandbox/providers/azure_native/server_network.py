"""The network of a flexible server: public access, or a delegated subnet with a private zone."""

import ipaddress

from sandbox.providers.azure_native import ids
from sandbox.providers.azure_native.account import DELEGATION
from sandbox.providers.azure_native.errors import ApiError, invalid, not_found
from sandbox.providers.cloud.account import Data

DOMAIN = "postgres.database.azure.com"


def completed(given: Data) -> Data:
    """The network with its default for public access."""
    private = given.get("delegatedSubnetResourceId")
    return {"publicNetworkAccess": "Disabled" if private else "Enabled", **_given(given)}


def _given(network: Data) -> Data:
    return {key: value for key, value in network.items() if value}


def refuse(data: Data, given: Data, location: str) -> None:
    """Refuse a network that a new server cannot have."""
    given = _given(given)
    subnet, zone = (
        given.get("delegatedSubnetResourceId"),
        given.get("privateDnsZoneArmResourceId"),
    )
    access = given.get("publicNetworkAccess")
    if access not in (None, "Enabled", "Disabled"):
        raise invalid("network.publicNetworkAccess")
    if (subnet and access == "Enabled") or (zone and not subnet):
        raise ApiError(
            "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
            "Conflicting configuration is detected between Public Network Access and Virtual "
            "Network arguments. Public Network Access is not supported along with Virtual Network "
            "feature.",
        )
    if not subnet:
        return
    if not zone:
        raise ApiError(
            "EmptyPrivateDnsZoneArmResourceId",
            "The provided Private DNS zone ARM resource ID should not be empty for servers with "
            "Virtual Network access.",
        )
    _refuse_subnet(data, subnet, location)
    if ids.key(zone) not in data["zones"]:
        raise not_found(zone)


def _refuse_subnet(data: Data, subnet: str, location: str) -> None:
    found = data["subnets"].get(ids.key(subnet))
    if found is None:
        raise not_found(subnet)
    name = ids.name_of(subnet)
    delegated = {each.get("serviceName") for each in found.get("delegations") or []}
    if DELEGATION not in delegated:
        raise ApiError(
            "SubnetMissingRequiredDelegations",
            f"The subnet name as {name} is missing required delegations {DELEGATION}",
        )
    if ipaddress.ip_network(found["addressPrefix"]).prefixlen > 28:
        raise ApiError(
            "SubnetTooSmall", f"The subnet {name} must have at least 16 addresses, which is a /28."
        )
    network = data["networks"][ids.key(ids.parent(subnet))]
    if network["location"] != location:
        raise ApiError(
            "SubnetInOtherRegion",
            f"The subnet {name} is in {network['location']}, but the server is in {location}.",
        )


def zone_problem(name: str, network: Data) -> ApiError | None:
    """What the service finds out only after a minute: a zone that cannot hold the server's name."""
    zone = network.get("privateDnsZoneArmResourceId")
    if not zone:
        return None
    called = ids.name_of(zone).lower()
    if called.endswith(f".{DOMAIN}") and called != f"{name.lower()}.{DOMAIN}":
        return None
    rule = (
        "It can not be server name plus zone suffix."
        if called == f"{name.lower()}.{DOMAIN}"
        else f"It must end with .{DOMAIN}."
    )
    text = f"The Private DNS Zone name provided [{called}] is not valid. {rule}"
    return ApiError("PrivateDnsZoneNameNotValid", text)


def refuse_change(old: Data, given: Data) -> None:
    """Refuse another subnet, and a change between private and public access."""
    wanted = _given(given)
    key = "delegatedSubnetResourceId"
    if key in wanted and ids.key(wanted[key]) != ids.key(old.get(key) or ""):
        raise ApiError(
            "VirtualNetworkCannotBeChanged",
            "The virtual network of a server can only be chosen when it is created.",
        )
    if old.get(key) and wanted.get("publicNetworkAccess") == "Enabled":
        raise ApiError(
            "ConflictingPublicNetworkAccessAndVirtualNetworkConfiguration",
            "Conflicting configuration is detected between Public Network Access and Virtual "
            "Network arguments. Public Network Access is not supported along with Virtual Network "
            "feature.",
        )
    zone = "privateDnsZoneArmResourceId"
    if zone in wanted and not old.get(key):
        raise invalid(f"network.{zone}", "Only a server in a virtual network has one.")
