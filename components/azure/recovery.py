"""The IDs by which `pulumi import` finds what a killed update was creating."""

from collections.abc import Callable, Mapping
from typing import Any

from components.azure import ids

ImportId = Callable[[Mapping[str, Any]], str]


def _id(kind: str, name: str, *, child: str = "", child_name: str = "") -> ImportId:
    """Of a resource, or of its child, by the inputs that hold their names."""

    def import_id(inputs: Mapping[str, Any]) -> str:
        # No input names the subscription, which is the cluster's.
        subscription = ids.parse(inputs["clusterIdentifier"]).subscription
        if not subscription:
            return ""
        found = ids.resource_id(subscription, inputs["resourceGroupName"], kind, inputs[name])
        return f"{found}/{child}/{inputs[child_name]}" if child else found

    return import_id


IMPORT_IDS: Mapping[str, ImportId] = {
    "azure-native:dbforpostgresql:Server": _id(ids.SERVER, "serverName"),
    "azure-native:dbforpostgresql:Configuration": _id(
        ids.SERVER, "serverName", child="configurations", child_name="configurationName"
    ),
    "azure-native:privatedns:PrivateZone": _id(ids.ZONE, "privateZoneName"),
    "azure-native:privatedns:VirtualNetworkLink": _id(
        ids.ZONE,
        "privateZoneName",
        child="virtualNetworkLinks",
        child_name="virtualNetworkLinkName",
    ),
    "azure-native:network:Subnet": _id(
        ids.NETWORK, "virtualNetworkName", child="subnets", child_name="subnetName"
    ),
    "azure-native:network:PrivateEndpoint": _id(ids.ENDPOINT, "privateEndpointName"),
    "azure-native:network:PrivateDnsZoneGroup": _id(
        ids.ENDPOINT,
        "privateEndpointName",
        child="privateDnsZoneGroups",
        child_name="privateDnsZoneGroupName",
    ),
    "azure-native:authorization:ManagementLockByScope": (
        lambda inputs: (
            f"{inputs['scope']}/providers/Microsoft.Authorization/locks/{inputs['lockName']}"
        )
    ),
}
"""By resource type, how the ID follows from the inputs; the provider says whether it exists."""
