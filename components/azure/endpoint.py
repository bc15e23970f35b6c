"""The private endpoint of a server in the cluster's network."""

import pulumi
import pulumi_azure_native as azure

from components.azure.busy import retried
from components.azure.network import ServerNetwork
from components.azure.network_args import NetworkArgs


def private_endpoint(
    name: str,
    args: NetworkArgs,
    network: ServerNetwork,
    server: "azure.dbforpostgresql.Server",
    parent: pulumi.Resource,
) -> list[pulumi.CustomResource]:
    """The endpoint, where the plan has one, and its DNS record."""
    plan = args.plan
    if not plan.asked.has_private_endpoint:
        return []
    endpoint = azure.network.PrivateEndpoint(
        name,
        resource_group_name=plan.resource_group,
        private_endpoint_name=plan.server_name,
        location=plan.region,
        subnet=azure.network.SubnetArgs(id=plan.endpoint_subnet),
        private_link_service_connections=[
            azure.network.PrivateLinkServiceConnectionArgs(
                name=plan.server_name,
                private_link_service_id=server.id,
                group_ids=["postgresqlServer"],
            )
        ],
        tags=args.labels,
        opts=retried(args.protected(parent, name, fixed="subnet.id"), name),
    )
    opts = args.protected(parent, f"{name}-record")
    opts.depends_on = network.links
    record = azure.network.PrivateDnsZoneGroup(
        f"{name}-record",
        resource_group_name=plan.resource_group,
        private_endpoint_name=endpoint.name,
        private_dns_zone_group_name="default",
        private_dns_zone_configs=[
            azure.network.PrivateDnsZoneConfigArgs(
                name="postgres", private_dns_zone_id=network.zone_id
            )
        ],
        opts=opts,
    )
    return [endpoint, record]
