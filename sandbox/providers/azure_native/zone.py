"""Private DNS zones."""

import re
import uuid
from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = rf"{_LABEL}(\.{_LABEL}){{1,33}}"


class PrivateZone(ArmResource):
    """A private DNS zone; Azure manages its records of servers."""

    type = "azure-native:privatedns:PrivateZone"
    kind = "zones"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateDnsZones/{privateZoneName}"
    )
    api = "2024-06-01"
    name_key = "privateZoneName"
    inputs, outputs, _ = sdk.resource(type, replaces=("privateZoneName", "resourceGroupName"))
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        name = ids.name_of(id)
        if len(name) > 253 or not re.fullmatch(_NAME, name.lower()):
            raise ApiError("InvalidDomainName", f"The zone name '{name}' is not valid.")
        require_global(body, "Microsoft.Network/privateDnsZones")
        return {**shape.merged(old, body), "location": "global"}

    def outputs_of(self, data: Data, record: Data) -> Data:
        links = [each for each in data["zoneLinks"] if each.startswith(ids.key(record["id"]) + "/")]
        return {
            "internalId": f"SW1tdXRhYmxl{uuid.uuid5(uuid.NAMESPACE_URL, record['id']).hex}",
            "maxNumberOfRecordSets": 25000.0,
            "maxNumberOfVirtualNetworkLinks": 1000.0,
            "maxNumberOfVirtualNetworkLinksWithRegistration": 100.0,
            "numberOfRecordSets": 1.0,
            "numberOfVirtualNetworkLinks": float(len(links)),
            "numberOfVirtualNetworkLinksWithRegistration": 0.0,
        }

    def refuse_deletion(self, data: Data, record: Data) -> None:
        """Refuse to delete a zone that has links."""
        below = ids.key(record["id"]) + "/"
        if any(each.startswith(below) for each in data["zoneLinks"]):
            raise ApiError(
                "CannotDeleteResource",
                "Can not delete resource before nested resources are deleted.",
                409,
            )


def require_global(body: Data, type: str) -> None:
    """Refuse any location but `global`; the provider fills in the resource group's."""
    location = body.get("location") or ""
    if location.lower() != "global":
        raise ApiError(
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{type}'. List "
            "of available regions for the resource type is 'global'.",
        )
