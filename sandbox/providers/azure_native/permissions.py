"""The operations of Azure's access control that the provider's requests need.

The requests are those of pulumi-azure-native: each resource is read, written with PUT and deleted.
The operations are those of
https://learn.microsoft.com/azure/role-based-access-control/permissions/networking,
https://learn.microsoft.com/azure/role-based-access-control/permissions/databases,
https://learn.microsoft.com/azure/role-based-access-control/permissions/containers,
https://learn.microsoft.com/azure/role-based-access-control/permissions/identity and
https://learn.microsoft.com/azure/role-based-access-control/permissions/management-and-governance.
Not tried on Azure.
"""

from collections.abc import Iterator, Mapping

from sandbox.providers.framework.requests import READS, Permission, Request

POSTGRES = "Microsoft.DBforPostgreSQL"
SERVERS = f"{POSTGRES}/flexibleServers"
NETWORK = "Microsoft.Network"
VIRTUAL = f"{NETWORK}/virtualNetworks"
ZONES = f"{NETWORK}/privateDnsZones"

LOOKUPS: Mapping[str, str] = {
    "azure-native:containerservice:getManagedCluster": "Microsoft.ContainerService/managedClusters",
    "azure-native:dbforpostgresql:getConfiguration": f"{SERVERS}/configurations",
    "azure-native:dbforpostgresql:getServer": SERVERS,
    "azure-native:network:getSubnet": f"{VIRTUAL}/subnets",
    "azure-native:network:getVirtualNetwork": VIRTUAL,
    "azure-native:privatedns:getPrivateZone": ZONES,
    "azure-native:privatedns:getVirtualNetworkLink": f"{ZONES}/virtualNetworkLinks",
}
"""The resource type that each function reads."""
WITHOUT_REQUEST = "azure-native:authorization:getClientConfig"
"""A function that only says what the provider knows."""
_OF_POSTGRES = (
    f"{POSTGRES}/locations/azureAsyncOperation/read",
    f"{POSTGRES}/locations/operationResults/read",
)
_OF_NETWORK = (
    f"{NETWORK}/locations/operations/read",
    f"{NETWORK}/locations/operationResults/read",
)
_OF_ZONES = (
    f"{NETWORK}/privateDnsOperationResults/read",
    f"{NETWORK}/privateDnsOperationStatuses/read",
)
RESOURCES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "azure-native:dbforpostgresql:Server": (SERVERS, _OF_POSTGRES),
    "azure-native:dbforpostgresql:Configuration": (f"{SERVERS}/configurations", _OF_POSTGRES),
    "azure-native:dbforpostgresql:Database": (f"{SERVERS}/databases", _OF_POSTGRES),
    "azure-native:privatedns:PrivateZone": (ZONES, _OF_ZONES),
    "azure-native:privatedns:VirtualNetworkLink": (f"{ZONES}/virtualNetworkLinks", _OF_ZONES),
    "azure-native:network:Subnet": (f"{VIRTUAL}/subnets", _OF_NETWORK),
    "azure-native:network:PrivateEndpoint": (f"{NETWORK}/privateEndpoints", _OF_NETWORK),
    "azure-native:network:PrivateDnsZoneGroup": (
        f"{NETWORK}/privateEndpoints/privateDnsZoneGroups",
        _OF_NETWORK,
    ),
    "azure-native:authorization:ManagementLockByScope": ("Microsoft.Authorization/locks", ()),
}
"""The resource type of each resource, and how the end of a change is awaited."""
WITHOUT_DELETION = ("azure-native:dbforpostgresql:Configuration",)
"""Resources whose deletion only writes the default."""


def needed(request: Request) -> Iterator[Permission]:
    """What an operation needs, within the scope of the role's assignment."""
    if request.type == WITHOUT_REQUEST:
        return
    if request.kind == "look-up":
        yield Permission(f"{LOOKUPS[request.type]}/read")
        return
    kind, results = RESOURCES[request.type]
    yield Permission(f"{kind}/read")
    if request.kind in READS:
        return
    deletes = request.kind == "delete" and request.type not in WITHOUT_DELETION
    yield Permission(f"{kind}/delete" if deletes else f"{kind}/write")
    yield from map(Permission, results)
    if request.kind != "delete":
        yield from map(Permission, _linked(request))


def _linked(request: Request) -> Iterator[str]:
    """What the service demands on the resources that the request refers to."""
    of = request.inputs
    match request.type:
        case "azure-native:dbforpostgresql:Server":
            network = of.get("network") or {}
            if network.get("delegatedSubnetResourceId"):
                yield f"{VIRTUAL}/subnets/join/action"
            if network.get("privateDnsZoneArmResourceId"):
                yield f"{ZONES}/join/action"
            if of.get("identity"):
                yield "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
        case "azure-native:privatedns:VirtualNetworkLink":
            yield f"{VIRTUAL}/join/action"
        case "azure-native:network:PrivateEndpoint":
            yield f"{VIRTUAL}/subnets/join/action"
            yield f"{SERVERS}/privateEndpointConnectionsApproval/action"
        case "azure-native:network:PrivateDnsZoneGroup":
            yield f"{ZONES}/join/action"
        case _:
            pass
