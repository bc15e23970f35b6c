"""A fake Azure: answers the look-ups of an AKS cluster, its network, DNS zones and servers."""

from typing import Any

import pulumi

from tests.unit.fake_cloud import FakeCloud, Refused
from tests.unit.stacks import Stack, stack

SERVER = "azure-native:dbforpostgresql:Server"
CONFIGURATION = "azure-native:dbforpostgresql:Configuration"
ZONE = "azure-native:privatedns:PrivateZone"
LINK = "azure-native:privatedns:VirtualNetworkLink"
SUBNET = "azure-native:network:Subnet"
ENDPOINT = "azure-native:network:PrivateEndpoint"
RECORD = "azure-native:network:PrivateDnsZoneGroup"
LOCK = "azure-native:authorization:ManagementLockByScope"

SUBSCRIPTION = "00000000-1111-2222-3333-444444444444"
NAME = "coder-coder-dev-589ec434"
"""Of the server of stack dev."""
HOST = f"{NAME}.postgres.database.azure.com"


def rid(kind: str, name: str, group: str = "coder", subscription: str = SUBSCRIPTION) -> str:
    """A resource's ID."""
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"


def vnet(name: str, **where: str) -> str:
    return rid("Microsoft.Network/virtualNetworks", name, **where)


def zone(name: str, **where: str) -> str:
    return rid("Microsoft.Network/privateDnsZones", name, **where)


SERVERS = "Microsoft.DBforPostgreSQL/flexibleServers"
SERVER_ID = rid(SERVERS, NAME)
CLUSTER_ID = rid("Microsoft.ContainerService/managedClusters", "dev")
VNET = vnet("coder-vnet")
NODES = f"{VNET}/subnets/nodes"
DELEGATED = f"{VNET}/subnets/postgres"
OWN_ZONE = zone("coder.private.postgres.database.azure.com")
AKS_SUBNET = f"{vnet('aks-vnet', group='MC_coder_managed_westeurope')}/subnets/aks-subnet"
IDENTITY = rid("Microsoft.ManagedIdentity/userAssignedIdentities", "coder")
KEY = "https://coder.vault.azure.net/keys/postgres/0123456789abcdef"
RANGE = {"subnetRange": "10.60.8.0/28"}
"""The network setting of most tests."""

RUNNING: dict[str, Any] = {
    "id": SERVER_ID,
    "name": NAME,
    "fullyQualifiedDomainName": HOST,
    "availabilityZone": "1",
    "version": "17",
    "state": "Ready",
    "storage": {"storageSizeGB": 64},
    "highAvailability": {"mode": "Disabled"},
    "tags": {"coder:stack": "coder/dev", "coder:zone": "1"},
    "location": "westeurope",
}
SOURCE: dict[str, Any] = RUNNING | {
    "name": "old",
    "administratorLogin": "coder_admin",
    "network": {"delegatedSubnetResourceId": DELEGATED},
    "backup": {
        "geoRedundantBackup": "Disabled",
        "earliestRestoreDate": "2026-01-01T00:00:00+00:00",
    },
}


class Azure(FakeCloud):
    """A subscription with one AKS cluster."""

    name = "azure"

    def __init__(self) -> None:
        super().__init__()
        self.pools: list[dict[str, Any]] = [
            {"name": "one", "count": 2, "availabilityZones": ["1"], "vnetSubnetID": NODES},
            {"name": "two", "count": 1, "availabilityZones": ["2"], "vnetSubnetID": NODES},
        ]
        self.cluster: dict[str, Any] = {}
        """What differs from the cluster's usual answer."""
        self.networks: dict[str, dict[str, Any]] = {
            "coder-vnet": {
                "location": "westeurope",
                "addressSpace": {"addressPrefixes": ["10.60.0.0/16"]},
                "subnets": [
                    {"name": "nodes", "addressPrefix": "10.60.0.0/22"},
                    {
                        "name": "postgres",
                        "addressPrefix": "10.60.4.0/28",
                        "delegations": [{"serviceName": SERVERS}],
                    },
                ],
            },
            "aks-vnet": {
                "location": "westeurope",
                "addressSpace": {"addressPrefixes": ["10.224.0.0/12"]},
                "subnets": [{"name": "aks-subnet", "addressPrefix": "10.224.0.0/16"}],
            },
        }
        self.zones = {"coder.private.postgres.database.azure.com": 1}
        """How many links each private DNS zone has."""
        self.servers: dict[str, dict[str, Any]] = {"old": SOURCE}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        assert not self.asked, f"{args.token} is looked up after resources are made"
        known = {
            "azure-native:containerservice:getManagedCluster": self._cluster,
            "azure-native:network:getVirtualNetwork": self._network,
            "azure-native:network:getSubnet": self._subnet,
            "azure-native:privatedns:getPrivateZone": self._zone,
            "azure-native:dbforpostgresql:getServer": self._server,
            "pulumi:pulumi:readStackResourceOutputs": self.recorded,
        }
        if args.token not in known:
            return super().call(args)
        return known[args.token](args.args)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier, outputs = super().new_resource(args)
        if args.typ == SERVER:
            name = args.inputs["serverName"]
            host = f"{name}.postgres.database.azure.com"
            outputs |= {"name": name, "fullyQualifiedDomainName": host}
            identifier = SERVER_ID
        elif args.typ.startswith("azure-native:"):
            outputs |= {"name": args.inputs.get("privateZoneName") or identifier}
        return identifier, outputs

    def _cluster(self, args: dict[str, Any]) -> Any:
        if args != {"resourceGroupName": "coder", "resourceName": "dev"}:
            raise missing("Microsoft.ContainerService/managedClusters", args["resourceName"])
        return {
            "id": CLUSTER_ID,
            "location": "West Europe",
            "nodeResourceGroup": "MC_coder_dev_westeurope",
            "fqdn": "api.example.com",
            "agentPoolProfiles": self.pools,
            "networkProfile": {"serviceCidr": "10.0.0.0/16", "podCidr": "10.244.0.0/16"},
        } | self.cluster

    def _network(self, args: dict[str, Any]) -> Any:
        name = args["virtualNetworkName"]
        if name not in self.networks:
            raise missing("Microsoft.Network/virtualNetworks", name)
        return self.networks[name]

    def _subnet(self, args: dict[str, Any]) -> Any:
        for subnet in self._network(args)["subnets"]:
            if subnet["name"] == args["subnetName"]:
                return subnet
        raise missing("Microsoft.Network/virtualNetworks/subnets", args["subnetName"])

    def _zone(self, args: dict[str, Any]) -> Any:
        if args["privateZoneName"] not in self.zones:
            raise missing("Microsoft.Network/privateDnsZones", args["privateZoneName"])
        return {"numberOfVirtualNetworkLinks": self.zones[args["privateZoneName"]]}

    def _server(self, args: dict[str, Any]) -> Any:
        if args["serverName"] not in self.servers:
            raise missing(SERVERS, args["serverName"])
        return self.servers[args["serverName"]]

    def aks_managed(self) -> None:
        """The cluster gets a network of AKS's own."""
        self.pools = [{"name": "one", "count": 2, "availabilityZones": ["1"]}]

    def stack(self, **changes: Any) -> Stack:
        return azure(**changes)

    def add_running(self, changes: dict[str, Any]) -> None:
        self.servers[NAME] = RUNNING | changes


def missing(kind: str, name: str) -> Refused:
    """The provider's error for what does not exist."""
    return Refused(
        "invocation of azure-native:…:get… returned an error: request failed /subscriptions/…: "
        f'Status=404 Code="ResourceNotFound" Message="The Resource \'{kind}/{name}\' under '
        "resource group 'coder' was not found. For more details please go to https://aka.ms/ARMResourceNot"
        'FoundFix"'
    )


def azure(**changes: Any) -> Stack:
    """A stack with `cloud: azure` and only the required settings."""
    cluster = {"name": "dev", "resourceGroup": "coder"}
    return stack(cloud="azure", cluster=cluster, network=RANGE) | changes
