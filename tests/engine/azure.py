"""A stack of the program's flexible server alone."""

from typing import Any, ClassVar

from sandbox.providers.azure_native.account import SUBSCRIPTION
from tests.engine.cloud import CloudStack

GIVEN = {
    "delegatedSubnetId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/coder/providers/"
    "Microsoft.Network/virtualNetworks/coder-vnet/subnets/postgres",
    "privateDnsZoneId": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/coder/providers/"
    "Microsoft.Network/privateDnsZones/coder.private.postgres.database.azure.com",
}
"""The delegated subnet and the private DNS zone that the subscription has from the start."""

MANAGED_SUBNET = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/MC_coder_managed_westeurope/providers/"
    "Microsoft.Network/virtualNetworks/aks-vnet-12345678/subnets/aks-subnet"
)
"""The subnet of the nodes of the cluster `managed`."""


class AzureStack(CloudStack):
    """A flexible server in a simulated subscription of its own."""

    cloud_name = "azure"
    provider = "azure-native"
    scope = SUBSCRIPTION
    name_key = "name"
    own_settings: ClassVar[dict[str, Any]] = {
        "coder:cluster": {"name": "dev", "resourceGroup": "coder"},
        "coder:network": GIVEN,
    }
