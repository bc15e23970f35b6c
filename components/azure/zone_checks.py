"""Why a given private DNS zone would not let pods find the server."""

from collections.abc import Iterator

from components.azure import ids
from components.azure.network_plan import ENDPOINT_ZONE, ZONE_SUFFIX, NetworkPlan


def problems(plan: NetworkPlan) -> Iterator[str]:
    """One line for each reason that Azure or the cluster's DNS would refuse the given zone."""
    given = ids.parse(plan.asked.private_dns_zone_id, ids.ZONE)
    key, name = "network.privateDnsZoneId", given.name.lower()
    if plan.asked.has_private_endpoint and name != ENDPOINT_ZONE:
        yield f"{key}: is {name}, must be {ENDPOINT_ZONE} for a private endpoint"
    elif name and not name.endswith(f".{ZONE_SUFFIX}"):
        yield f"{key}: is {name}, must end in .{ZONE_SUFFIX}"
    elif name == f"{plan.server_name}.{ZONE_SUFFIX}":
        yield (
            f"{key}: is {name}, which is the server's own name; choose another one, such as "
            f"{plan.server_name}.private.{ZONE_SUFFIX}"
        )
    if plan.zone and not plan.zone.links:
        network = plan.nodes.id.text if plan.nodes else "…"
        yield (
            f"{key}: {name} is not linked to any network, so no pod would find the server; "
            f"type `az network private-dns link vnet create --resource-group "
            f"{given.resource_group} --zone-name {name} --name coder --virtual-network "
            f"{network} --registration-enabled false`"
        )
