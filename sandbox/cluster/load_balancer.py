"""Load balancers: an address on the bridge for each Service that asks for one.

kube-proxy forwards what arrives there. One kube-proxy serves all nodes, so it takes the pods of one
node alone for local; Services with `externalTrafficPolicy: Local` are forwarded by rules made here.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence

from kubernetes import client

from sandbox.cluster import endpoints
from sandbox.cluster.api import Object
from sandbox.machine import network

TABLE = "sandbox_load_balancers"
Key = tuple[str, str]
"""A Service's namespace and name."""


def reconcile(core: client.CoreV1Api, services: Sequence[Object], slices: Sequence[Object]) -> None:
    """Bring statuses, addresses and rules in line with the Services."""
    chosen = choose(services)
    for service in services:
        key = _key(service)
        if _held(service) != chosen.get(key, ""):
            ingress = {"ingress": [{"ip": chosen[key]}]} if key in chosen else None
            status = {"status": {"loadBalancer": ingress}}
            core.patch_namespaced_service_status(key[1], key[0], status)
            print(f"{'/'.join(key)}: {chosen.get(key, 'no address')}", flush=True)
    _hold(set(chosen.values()))
    rules = nft_rules(services, slices, chosen)
    subprocess.run(["nft", "--file", "-"], input=rules, text=True, check=True)


def choose(services: Sequence[Object]) -> dict[Key, str]:
    """Which Service has which address; whoever has one keeps it."""
    wanting = [service for service in services if _wants(service)]
    chosen = {
        _key(service): _held(service)
        for service in wanting
        if _held(service) in network.LOAD_BALANCERS
    }
    for service in wanting:
        free = [address for address in network.LOAD_BALANCERS if address not in chosen.values()]
        if asked := service["spec"].get("loadBalancerIP"):
            free = [address for address in free if address == asked]
        if _key(service) not in chosen and free:
            chosen[_key(service)] = free[0]
    return chosen


def _wants(service: Object) -> bool:
    spec = service["spec"]
    return spec["type"] == "LoadBalancer" and not spec.get("loadBalancerClass")


def _key(service: Object) -> Key:
    return service["metadata"]["namespace"], service["metadata"]["name"]


def _held(service: Object) -> str:
    ingress = service["status"].get("loadBalancer", {}).get("ingress", [])
    return ingress[0]["ip"] if ingress else ""


def _hold(wanted: set[str]) -> None:
    """Have exactly these of the load balancers' addresses on the bridge."""
    show = ["ip", "-json", "address", "show", "dev", network.BRIDGE]
    shown = json.loads(subprocess.run(show, capture_output=True, check=True).stdout)
    held = {each["local"] for each in shown[0]["addr_info"]} & set(network.LOAD_BALANCERS)
    for action, addresses in (("add", wanted - held), ("del", held - wanted)):
        for address in addresses:
            command = ["ip", "address", action, f"{address}/32", "dev", network.BRIDGE]
            subprocess.run(command, check=True)


def nft_rules(services: Sequence[Object], slices: Sequence[Object], chosen: dict[Key, str]) -> str:
    """The table that forwards to Services with the policy Local, in place of the one before."""
    forward = "\n    ".join(
        rule
        for service in services
        if _key(service) in chosen and service["spec"].get("externalTrafficPolicy") == "Local"
        for rule in _forward(service, slices, chosen[_key(service)])
    )
    balanced = f"{network.LOAD_BALANCERS[0]}-{network.LOAD_BALANCERS[-1]}"
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
    ct status dnat ct original ip daddr {balanced} masquerade
  }}
}}
"""


def _forward(service: Object, slices: Sequence[Object], address: str) -> Iterator[str]:
    """One rule for each port that has a ready endpoint."""
    ranges = service["spec"].get("loadBalancerSourceRanges")
    source = f"ip saddr {{ {', '.join(ranges)} }} " if ranges else ""
    for port in service["spec"]["ports"]:
        if targets := endpoints.targets(service, slices, port.get("name", "")):
            numbered = ", ".join(
                f"{number} : {target} . {target_port}"
                for number, (target, target_port) in enumerate(targets)
            )
            yield (
                f"{source}ip daddr {address} {port['protocol'].lower()} dport {port['port']} "
                f"dnat ip addr . port to numgen random mod {len(targets)} map {{ {numbered} }}"
            )
