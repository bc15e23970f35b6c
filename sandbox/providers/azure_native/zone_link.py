"""Links of private DNS zones to virtual networks."""

from typing import ClassVar

from sandbox.providers.azure_native import ids, shape
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.errors import ApiError, invalid, not_found
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.azure_native.zone import require_global
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk


class VirtualNetworkLink(ArmResource):
    """A link: names of the zone resolve in the virtual network."""

    type = "azure-native:privatedns:VirtualNetworkLink"
    kind = "zoneLinks"
    path = (
        "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
        "/providers/Microsoft.Network/privateDnsZones/{privateZoneName}"
        "/virtualNetworkLinks/{virtualNetworkLinkName}"
    )
    api = "2024-06-01"
    name_key = "virtualNetworkLinkName"
    inputs, outputs, _ = sdk.resource(
        type, replaces=("privateZoneName", "resourceGroupName", "virtualNetworkLinkName")
    )
    responses: ClassVar = sdk.responses(type)

    def written(self, cloud: Subscription, data: Data, id: str, body: Data, old: Data) -> Data:
        zone, network = ids.parent(id), (body.get("virtualNetwork") or {}).get("id")
        if ids.key(zone) not in data["zones"]:
            raise ApiError(
                "ParentResourceNotFound",
                "Can not perform requested operation on nested resource. Parent resource "
                f"'{ids.name_of(zone)}' not found.",
                404,
            )
        require_global(body, "Microsoft.Network/privateDnsZones/virtualNetworkLinks")
        if not network:
            raise invalid("virtualNetwork.id")
        if ids.key(network) not in data["networks"]:
            raise not_found(network)
        if old.get("virtualNetwork") and ids.key(old["virtualNetwork"]["id"]) != ids.key(network):
            raise ApiError("Conflict", "The virtual network of a link cannot be changed.", 409)
        self._refuse_second(data, id, network)
        defaults = {"registrationEnabled": False, "resolutionPolicy": "Default"}
        return {**defaults, **shape.merged(old, body), "location": "global"}

    def _refuse_second(self, data: Data, id: str, network: str) -> None:
        """Refuse a second link of the network to a zone of the same name."""
        name = ids.name_of(ids.parent(id))
        for other in data["zoneLinks"].values():
            same = ids.key(other["virtualNetwork"]["id"]) == ids.key(network)
            zone = ids.name_of(ids.parent(other["id"]))
            if same and ids.key(zone) == ids.key(name) and ids.key(other["id"]) != ids.key(id):
                raise ApiError(
                    "BadRequest",
                    "A virtual network cannot be linked to multiple zones with overlapping "
                    f"namespaces. You tried to link virtual network with '{name}' and '{zone}' "
                    "zones.",
                )

    def outputs_of(self, data: Data, record: Data) -> Data:
        return {"virtualNetworkLinkState": "Completed"}
