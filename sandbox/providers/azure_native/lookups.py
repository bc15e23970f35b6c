"""Functions that look up clusters, networks, zones, servers and the client's subscription."""

from collections.abc import Callable, Mapping

from sandbox.providers.azure_native import account, ids
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.configuration import Configuration
from sandbox.providers.azure_native.errors import no_group, not_found
from sandbox.providers.azure_native.server import Server
from sandbox.providers.azure_native.subnet import Subnet
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.azure_native.zone import PrivateZone
from sandbox.providers.azure_native.zone_link import VirtualNetworkLink
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import Function

GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/{{resourceName}}"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/{{virtualNetworkName}}"
Answer = Callable[[Data, str], Data | None]


def cluster(data: Data, id: str) -> Data | None:
    """One AKS cluster."""
    found = data["clusters"].get(ids.key(id))
    if not found:
        return None
    name, version = ids.name_of(found["id"]), "1.34"
    return {
        "id": found["id"],
        "name": name,
        "type": "Microsoft.ContainerService/ManagedClusters",
        "azureApiVersion": "2025-09-01",
        "azurePortalFQDN": found["fqdn"],
        "agentPoolProfiles": found["agentPoolProfiles"],
        "currentKubernetesVersion": f"{version}.0",
        "dnsPrefix": name,
        "eTag": "1",
        "enableRBAC": True,
        "fqdn": found["fqdn"],
        "kubernetesVersion": version,
        "location": account.LOCATION,
        "maxAgentPools": 100,
        "networkProfile": {
            "dnsServiceIP": "10.0.0.10",
            "networkDataplane": "azure",
            "networkPlugin": "azure",
            "networkPluginMode": "overlay",
            "outboundType": "loadBalancer",
            "podCidr": "10.244.0.0/16",
            "serviceCidr": "10.0.0.0/16",
        },
        "nodeResourceGroup": found["nodeResourceGroup"],
        "oidcIssuerProfile": {"enabled": False},
        "powerState": {"code": "Running"},
        "privateFQDN": "",
        "provisioningState": "Succeeded",
        "resourceUID": f"0{name}",
        "systemData": {},
        "tags": {},
    }


def network(data: Data, id: str) -> Data | None:
    """One virtual network with its subnets."""
    found = data["networks"].get(ids.key(id))
    if not found:
        return None
    subnets = [
        {"id": each["id"], **_without_version(Subnet().described(data, each))}
        for each in data["subnets"].values()
        if ids.key(ids.parent(each["id"])) == ids.key(id)
    ]
    return {
        "id": found["id"],
        "name": ids.name_of(found["id"]),
        "type": "Microsoft.Network/virtualNetworks",
        "azureApiVersion": "2024-05-01",
        "addressSpace": {"addressPrefixes": found["prefixes"]},
        "enableDdosProtection": False,
        "etag": 'W/"1"',
        "flowLogs": [],
        "location": found["location"],
        "provisioningState": "Succeeded",
        "resourceGuid": ids.key(found["id"]),
        "subnets": subnets,
        "virtualNetworkPeerings": [],
    }


def _without_version(outputs: Data) -> Data:
    return {key: value for key, value in outputs.items() if key != "azureApiVersion"}


def _of(resource: ArmResource) -> tuple[str, Answer]:
    """A function that returns a resource's outputs."""

    def answer(data: Data, id: str) -> Data | None:
        record = resource.find(data, id)
        return resource.described(data, record) if record else None

    return resource.path, answer


ANSWERS: Mapping[str, tuple[str, Answer]] = {
    "azure-native:containerservice:getManagedCluster": (CLUSTER, cluster),
    "azure-native:network:getVirtualNetwork": (NETWORK, network),
    "azure-native:network:getSubnet": _of(Subnet()),
    "azure-native:privatedns:getPrivateZone": _of(PrivateZone()),
    "azure-native:privatedns:getVirtualNetworkLink": _of(VirtualNetworkLink()),
    "azure-native:dbforpostgresql:getServer": _of(Server()),
    "azure-native:dbforpostgresql:getConfiguration": _of(Configuration()),
}
"""The simulated functions that read a resource: the template of its ID, and the answer."""
CLIENT = "azure-native:authorization:getClientConfig"


def _function(token: str) -> Function:
    template, answer = ANSWERS[token]

    def call(op: Operation, arguments: Data) -> Data:
        cloud = Subscription.of(op)
        given = {key: value for key, value in arguments.items() if value is not None}
        try:
            id = ids.resource(template, cloud.scope, given)
        except KeyError as missing:
            raise _failed(token, f"missing required property {missing}") from None
        for key in given:
            if f"{{{key}}}" not in template:
                raise _failed(token, f"not simulated: argument {key} of {token}")
        data = cloud.read()
        found = answer(data, id)
        if found is None:
            unknown = ids.group_of(id).lower() not in data["groups"]
            error = no_group(ids.group_of(id)) if unknown else not_found(id)
            raise _failed(token, f"request failed {id}: {error}")
        return found

    return call


def _failed(token: str, message: str) -> Failure:
    return Failure(f"invocation of {token} returned an error: {message}")


def client(op: Operation, arguments: Data) -> Data:
    """The provider's own configuration."""
    return {
        "clientId": "66666666-7777-8888-9999-000000000000",
        "objectId": "77777777-8888-9999-0000-111111111111",
        "subscriptionId": Subscription.of(op).scope,
        "tenantId": account.TENANT,
    }


FUNCTIONS: Mapping[str, Function] = {
    **{token: _function(token) for token in ANSWERS},
    CLIENT: client,
}
