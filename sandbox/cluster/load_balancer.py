"""Load balancers: an address on the bridge for each Kubernetes Service of type LoadBalancer.

kube-proxy forwards the connections to these addresses. Because one kube-proxy serves all nodes, it
considers only the pods of one node as local. Connections to a Service with
`externalTrafficPolicy: Local` are therefore forwarded by nftables rules of this module.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence

from kubernetes import client

from sandbox.cluster import endpoint_slices
from sandbox.cluster.api_client import Object
from sandbox.machine import network

TABLE = "sandbox_load_balancers"
ServiceKey = tuple[str, str]
"""Namespace and name of a Kubernetes Service."""


def reconcile(
    core: "client.CoreV1Api", services: Sequence[Object], slices: Sequence[Object]
) -> None:
    """Update the Services' status, the bridge's addresses and the nftables rules."""
    assigned = assign_addresses(services)
    for service in services:
        key = _key(service)
        if _current_address(service) != assigned.get(key, ""):
            ingress = {"ingress": [{"ip": assigned[key]}]} if key in assigned else None
            status = {"status": {"loadBalancer": ingress}}
            core.patch_namespaced_service_status(key[1], key[0], status)
            print(f"{'/'.join(key)}: {assigned.get(key, 'no address')}", flush=True)
    _set_bridge_addresses(set(assigned.values()))
    rules = nft_rules(services, slices, assigned)
    subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)


def assign_addresses(services: Sequence[Object]) -> dict[ServiceKey, str]:
    """The address of each load balancer; an address that is already assigned does not change."""
    load_balanced = [service for service in services if _needs_load_balancer(service)]
    assigned = {
        _key(service): _current_address(service)
        for service in load_balanced
        if _current_address(service) in network.LOAD_BALANCER_ADDRESSES
    }
    for service in load_balanced:
        used = assigned.values()
        free = [address for address in network.LOAD_BALANCER_ADDRESSES if address not in used]
        if requested := service["spec"].get("loadBalancerIP"):
            free = [address for address in free if address == requested]
        if _key(service) not in assigned and free:
            assigned[_key(service)] = free[0]
    return assigned


def _needs_load_balancer(service: Object) -> bool:
    spec = service["spec"]
    return spec["type"] == "LoadBalancer" and not spec.get("loadBalancerClass")


def _key(service: Object) -> ServiceKey:
    return service["metadata"]["namespace"], service["metadata"]["name"]


def _current_address(service: Object) -> str:
    ingress = service["status"].get("loadBalancer", {}).get("ingress", [])
    return ingress[0]["ip"] if ingress else ""


def _set_bridge_addresses(wanted: set[str]) -> None:
    """Add missing load balancer addresses to the bridge and delete those no longer wanted."""
    show = ["ip", "-json", "address", "show", "dev", network.BRIDGE]
    shown = json.loads(subprocess.run(show, capture_output=True, check=True).stdout)
    on_bridge = {info["local"] for info in shown[0]["addr_info"]}
    present = on_bridge & set(network.LOAD_BALANCER_ADDRESSES)
    for action, addresses in (("add", wanted - present), ("del", present - wanted)):
        for address in addresses:
            command = ["ip", "address", action, f"{address}/32", "dev", network.BRIDGE]
            subprocess.run(command, check=True)


def nft_rules(
    services: Sequence[Object], slices: Sequence[Object], assigned: dict[ServiceKey, str]
) -> str:
    """The nftables table for Services with externalTrafficPolicy Local; replaces the last one."""
    forward = "\n    ".join(
        rule
        for service in services
        if _key(service) in assigned and service["spec"].get("externalTrafficPolicy") == "Local"
        for rule in _forward_rules(service, slices, assigned[_key(service)])
    )
    addresses = f"{network.LOAD_BALANCER_ADDRESSES[0]}-{network.LOAD_BALANCER_ADDRESSES[-1]}"
    return f"""\
table ip {TABLE}
delete table ip {TABLE}
table ip {TABLE} {{
  chain to_pods {{
    type nat hook prerouting priority dstnat - 20;
    {forward}
  }}
  chain from_anywhere {{
    type nat hook postrouting priority srcnat - 20;
    ct status dnat ct original ip daddr {addresses} masquerade
  }}
}}
"""


def _forward_rules(service: Object, slices: Sequence[Object], address: str) -> Iterator[str]:
    """One rule for each port with a ready endpoint; it chooses a random endpoint."""
    ranges = service["spec"].get("loadBalancerSourceRanges")
    source = f"ip saddr {{ {', '.join(ranges)} }} " if ranges else ""
    for port in service["spec"]["ports"]:
        port_name = port.get("name", "")
        if endpoints := endpoint_slices.ready_addresses(service, slices, port_name):
            numbered = ", ".join(
                f"{number} : {pod_address} . {pod_port}"
                for number, (pod_address, pod_port) in enumerate(endpoints)
            )
            yield (
                f"{source}ip daddr {address} {port['protocol'].lower()} dport {port['port']} "
                f"dnat ip addr . port to numgen random mod {len(endpoints)} map {{ {numbered} }}"
            )
