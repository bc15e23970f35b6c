"""The simulated azure-native provider: its own inputs, its resources and functions."""

from typing import ClassVar

from sandbox.providers.azure_native import permissions
from sandbox.providers.azure_native.configuration import Configuration
from sandbox.providers.azure_native.database import Database
from sandbox.providers.azure_native.lock import ManagementLock
from sandbox.providers.azure_native.lookups import FUNCTIONS
from sandbox.providers.azure_native.messages import AzureMessages
from sandbox.providers.azure_native.private_endpoint import PrivateEndpoint
from sandbox.providers.azure_native.server import Server
from sandbox.providers.azure_native.subnet import Subnet
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.azure_native.zone import PrivateZone
from sandbox.providers.azure_native.zone_group import PrivateDnsZoneGroup
from sandbox.providers.azure_native.zone_link import VirtualNetworkLink
from sandbox.providers.framework import sdk
from sandbox.providers.framework.provider import Provider
from sandbox.providers.framework.requests import Request
from sandbox.providers.framework.resource import Resources, by_type


class AzureNative(Provider):
    """The simulated pulumi-azure-native."""

    name = "azure-native"
    settings = sdk.provider("azure-native")
    resources: ClassVar[Resources] = by_type(
        Server(),
        Configuration(),
        Database(),
        PrivateZone(),
        VirtualNetworkLink(),
        Subnet(),
        PrivateEndpoint(),
        PrivateDnsZoneGroup(),
        ManagementLock(),
    )
    functions: ClassVar = FUNCTIONS

    def messages(self, name: str) -> AzureMessages:
        return AzureMessages()

    def sends(self, request: Request) -> None:
        """Record which permissions the request needs."""
        Subscription.record(request, permissions.needed(request))
