"""The addresses of load balancers, as Services, Ingresses and Gateways have them."""

import ipaddress
import socket

from components.kubernetes.client import Object


def is_public(address: str) -> bool | None:
    """Whether the address is one of the internet; None if its name can't be resolved."""
    try:
        found = {each[4][0] for each in socket.getaddrinfo(address, None)}
    except OSError:
        return None
    return any(ipaddress.ip_address(str(each).partition("%")[0]).is_global for each in found)


def balancer_address(found: Object | None) -> str:
    """The host name or IP address in the status of a Service or an Ingress; empty without one."""
    balancer = ((found or {}).get("status") or {}).get("loadBalancer") or {}
    entries = balancer.get("ingress") or []
    return next((each.get("hostname") or each.get("ip") for each in entries), "") or ""


def gateway_addresses(found: Object | None) -> list[str]:
    """The host names and IP addresses in the status of a Gateway."""
    return [each["value"] for each in ((found or {}).get("status") or {}).get("addresses") or ()]
