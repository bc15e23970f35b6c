"""The setting `network`, in Azure's words."""

from collections.abc import Iterator

from components.azure import checks, ids
from components.setting_model import SettingModel


class PrivateEndpoint(SettingModel):
    """The setting `network.privateEndpoint`."""

    subnet_id: str = ""
    """Where the endpoint is; empty for the subnet of the nodes."""


class Network(SettingModel):
    """The setting `network`: how the cluster's network reaches the server, one of three ways."""

    delegated_subnet_id: str = ""
    subnet_range: str = ""
    """Of a delegated subnet that is made in the network of the nodes."""
    private_endpoint: PrivateEndpoint = PrivateEndpoint()
    """Given, even if it is empty, it chooses a private endpoint."""
    private_dns_zone_id: str = ""
    """A zone that is linked to the network of the nodes; empty to have one made."""
    endpoint: str = ""
    """Where the kubeconfig reaches the API server, if not at its own endpoint."""

    @property
    def has_private_endpoint(self) -> bool:
        """Whether the settings choose a private endpoint."""
        return "private_endpoint" in self.model_fields_set

    def problems(self) -> Iterator[str]:
        """One line for every value that Azure would refuse."""
        ways = (self.delegated_subnet_id, self.subnet_range, self.has_private_endpoint)
        if sum(map(bool, ways)) > 1:
            yield "network: set only one of delegatedSubnetId, subnetRange and privateEndpoint"
        yield from checks.id_problems(
            "network.delegatedSubnetId", self.delegated_subnet_id, ids.SUBNET
        )
        yield from checks.id_problems(
            "network.privateEndpoint.subnetId", self.private_endpoint.subnet_id, ids.SUBNET
        )
        yield from checks.id_problems(
            "network.privateDnsZoneId", self.private_dns_zone_id, ids.ZONE
        )
        if self.subnet_range:
            yield from checks.range_problems("network.subnetRange", self.subnet_range)
