"""The simulated subscription: its initial content."""

from typing import Any

from sandbox.machine import network
from sandbox.providers.azure_native import ids
from sandbox.providers.cloud.account import Data

SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
TENANT = "55555555-6666-7777-8888-999999999999"
LOCATION = "westeurope"
NETWORK, NETWORK_RANGE = "coder-vnet", "10.60.0.0/16"
"""The virtual network of the resource group `coder`."""
ZONES = ("1", "2", "3")
"""The availability zones of the region."""
DELEGATION = "Microsoft.DBforPostgreSQL/flexibleServers"
TAKEN = frozenset(("postgres", "test"))
"""Server names that other customers use: the names are global."""
CREATED = "2026-01-01T00:00:00Z"

KINDS = (
    "clusters",
    "groups",
    "instances",
    "locks",
    "networks",
    "privateEndpoints",
    "snapshots",
    "subnets",
    "zoneGroups",
    "zoneLinks",
    "zones",
)


def seed(subscription: str) -> Data:
    """The initial content of a subscription; only the sandbox's own has anything."""
    data: Data = {kind: {} for kind in KINDS}
    if subscription != SUBSCRIPTION:
        return data
    for group in ("coder", "MC_coder_dev_westeurope", "MC_coder_managed_westeurope"):
        data["groups"][group.lower()] = {"location": LOCATION}
    own = _network(data, "coder", NETWORK, NETWORK_RANGE)
    nodes = _subnet(data, own, "nodes", "10.60.0.0/22")
    delegation = {"name": "flexibleServers", "serviceName": DELEGATION}
    _subnet(data, own, "postgres", "10.60.8.0/28", delegations=[delegation])
    managed = _network(data, "MC_coder_managed_westeurope", "aks-vnet-12345678", "10.224.0.0/12")
    hidden = _subnet(data, managed, "aks-subnet", "10.224.0.0/16")
    _zone(data, "coder.private.postgres.database.azure.com", own)
    _cluster(data, "dev", nodes, [_pool("a", 2, "1", nodes), _pool("b", 1, "2", nodes)])
    _cluster(data, "managed", hidden, [_pool("a", 1, "1", None)])
    return data


def group_id(group: str) -> str:
    """The ID of a resource group of the sandbox's subscription."""
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}"


def _network(data: Data, group: str, name: str, prefix: str) -> str:
    id = f"{group_id(group)}/providers/Microsoft.Network/virtualNetworks/{name}"
    data["networks"][ids.key(id)] = {"id": id, "location": LOCATION, "prefixes": [prefix]}
    return id


def _subnet(data: Data, network: str, name: str, prefix: str, **values: Any) -> str:
    id = f"{network}/subnets/{name}"
    data["subnets"][ids.key(id)] = {
        "id": id,
        "created": CREATED,
        "addressPrefix": prefix,
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
        **values,
    }
    return id


def _zone(data: Data, name: str, network: str) -> None:
    id = f"{group_id('coder')}/providers/Microsoft.Network/privateDnsZones/{name}"
    data["zones"][ids.key(id)] = {"id": id, "created": CREATED, "location": "global"}
    link = f"{id}/virtualNetworkLinks/coder-vnet"
    data["zoneLinks"][ids.key(link)] = {
        "id": link,
        "created": CREATED,
        "location": "global",
        "registrationEnabled": False,
        "virtualNetwork": {"id": network},
    }


def _cluster(data: Data, name: str, nodes: str, pools: list[Data]) -> None:
    id = f"{group_id('coder')}/providers/Microsoft.ContainerService/managedClusters/{name}"
    data["clusters"][ids.key(id)] = {
        "id": id,
        "nodeSubnet": nodes,
        "nodeResourceGroup": f"MC_coder_{name}_{LOCATION}",
        "agentPoolProfiles": pools,
        # An AKS cluster answers at port 443; this is the sandbox's API server.
        "fqdn": network.API_URL.removeprefix("https://"),
    }


def _pool(name: str, count: int, zone: str, subnet: str | None) -> Data:
    pool: Data = {
        "name": name,
        "count": count,
        "availabilityZones": [zone],
        "enableAutoScaling": False,
        "mode": "System" if name == "a" else "User",
        "orchestratorVersion": "1.34",
        "osType": "Linux",
        "provisioningState": "Succeeded",
        "type": "VirtualMachineScaleSets",
        "vmSize": "Standard_D4ds_v5",
    }
    return pool | ({"vnetSubnetID": subnet} if subnet else {})
