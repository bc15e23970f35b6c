"""Groups of DNS zones of private endpoints: they keep the records of an endpoint in zones."""

from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, invalid, not_found
from sandbox.providers.azure_native.private_endpoint import address
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk


class PrivateDnsZoneGroup(ArmResource):
    """The zones that have records of a private endpoint; an endpoint has at most one group."""

    type = "azure-native:network:PrivateDnsZoneGroup"
    kind = "zoneGroups"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateEndpoints/{privateEndpointName}"
        "/privateDnsZoneGroups/{privateDnsZoneGroupName}"
    )
    api = "2024-05-01"
    name_key = "privateDnsZoneGroupName"
    inputs, outputs, _ = sdk.resource(
        type, replaces=("privateDnsZoneGroupName", "privateEndpointName", "resourceGroupName")
    )
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        endpoint = ids.parent(id)
        if ids.key(endpoint) not in data["privateEndpoints"]:
            raise ApiError(
                "ParentResourceNotFound",
                "Failed to perform 'write' on resource(s) of type "
                "'privateEndpoints/privateDnsZoneGroups', because the parent resource "
                f"'{endpoint}' could not be found.",
                404,
            )
        others = [each for each in data["zoneGroups"] if each.startswith(ids.key(endpoint) + "/")]
        if others and others != [ids.key(id)]:
            raise ApiError(
                "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed",
                f"Only one private DNS zone group is allowed for the private endpoint {endpoint}.",
            )
        configs = body.get("privateDnsZoneConfigs") or []
        for config in configs:
            zone = config.get("privateDnsZoneId")
            if not zone or not config.get("name"):
                raise invalid("privateDnsZoneConfigs")
            if ids.key(zone) not in data["zones"]:
                raise not_found(zone)
        return {"privateDnsZoneConfigs": [], **shape.merged(old, body)}

    def outputs_of(self, data: Data, record: Data) -> Data:
        endpoint = data["privateEndpoints"][ids.key(ids.parent(record["id"]))]
        server = ids.name_of(endpoint["target"])
        return {
            "privateDnsZoneConfigs": [
                {
                    **config,
                    "recordSets": [
                        {
                            "fqdn": f"{server}.{ids.name_of(config['privateDnsZoneId'])}",
                            "ipAddresses": [address(data, endpoint)],
                            "provisioningState": "Succeeded",
                            "recordSetName": server,
                            "recordType": "A",
                            "ttl": 10,
                        }
                    ],
                }
                for config in record["privateDnsZoneConfigs"]
            ]
        }
