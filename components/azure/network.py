"""The subnet and the private DNS zone of a server."""

from collections.abc import Mapping

import pulumi
import pulumi_azure_native as azure

from components.azure.busy import retried
from components.azure.limits import dns_labels
from components.azure.network_args import NetworkArgs
from components.azure.network_checks import DELEGATION

GLOBAL = "Global"
"""The location of everything that belongs to DNS."""


class ServerNetwork:
    """Makes what the plan asks for before the server: a subnet, and a zone with its links."""

    def __init__(self, name: str, args: NetworkArgs, parent: pulumi.Resource) -> None:
        self._name = name
        self._args = args
        self._parent = parent
        self.links: list[pulumi.Resource] = []
        """The server's name resolves by them, which no property expresses."""
        self.zone_id = self._zone()

    def server_inputs(self) -> "azure.dbforpostgresql.NetworkArgs":
        """The server's own network inputs; nothing but the network reaches it."""
        asked = self._args.plan.asked
        if asked.has_private_endpoint:
            return azure.dbforpostgresql.NetworkArgs(public_network_access="Disabled")
        return azure.dbforpostgresql.NetworkArgs(
            delegated_subnet_resource_id=asked.delegated_subnet_id or self._subnet().id,
            private_dns_zone_arm_resource_id=self.zone_id,
            public_network_access="Disabled",
        )

    def _subnet(self) -> "azure.network.Subnet":
        plan, name = self._args.plan, f"{self._name}-subnet"
        network, existing = plan.nodes_network, plan.existing_subnet
        return azure.network.Subnet(
            name,
            resource_group_name=network.resource_group,
            virtual_network_name=network.name,
            subnet_name=plan.subnet_name,
            address_prefix=plan.asked.subnet_range,
            delegations=[
                azure.network.DelegationArgs(name="flexible-server", service_name=DELEGATION)
            ],
            # A standby uploads its WAL there.
            service_endpoints=[
                azure.network.ServiceEndpointPropertiesFormatArgs(service="Microsoft.Storage")
            ],
            opts=retried(
                self._args.protected(self._parent, name, fixed="addressPrefix", existing=existing),
                name,
            ),
        )

    def _zone(self) -> pulumi.Input[str]:
        plan, name = self._args.plan, f"{self._name}-zone"
        if plan.asked.private_dns_zone_id:
            return plan.asked.private_dns_zone_id
        labels = dns_labels(self._args.labels)
        zone = azure.privatedns.PrivateZone(
            name,
            resource_group_name=plan.resource_group,
            private_zone_name=plan.zone_name,
            location=GLOBAL,
            tags=labels,
            opts=self._args.protected(
                self._parent,
                name,
                existing=plan.zone.id.text if plan.zone else "",
                otherwise=", or set network.privateDnsZoneId",
            ),
        )
        self.links += [
            self._link(zone, holder, network, labels) for holder, network in plan.linked.items()
        ]
        return zone.id

    def _link(
        self,
        zone: "azure.privatedns.PrivateZone",
        holder: str,
        network: str,
        labels: Mapping[str, str],
    ) -> "azure.privatedns.VirtualNetworkLink":
        plan, name = self._args.plan, f"{self._name}-{holder}-link"
        return azure.privatedns.VirtualNetworkLink(
            name,
            resource_group_name=plan.resource_group,
            private_zone_name=zone.name,
            virtual_network_link_name=f"{plan.server_name}-{holder}",
            location=GLOBAL,
            virtual_network=azure.privatedns.SubResourceArgs(id=network),
            registration_enabled=False,
            tags=labels,
            opts=retried(self._args.protected(self._parent, name, fixed="virtualNetwork.id"), name),
        )
