"""Why Azure would refuse a network plan, or no pod of the cluster would reach the server."""

from collections.abc import Iterator

from components.azure import ids
from components.azure.checks import SMALLEST_SUBNET
from components.azure.ids import ResourceId
from components.azure.network_plan import ENDPOINT_ZONE, ZONE_SUFFIX, NetworkPlan
from components.azure.topology import ranges

DELEGATION = ids.SERVER


def problems(plan: NetworkPlan) -> Iterator[str]:
    """One line for each reason that Azure would refuse it, or that no pod would get through."""
    if plan.asked.has_private_endpoint:
        yield from _endpoint_problems(plan)
    elif plan.asked.delegated_subnet_id:
        yield from _delegated_problems(plan)
    elif plan.asked.subnet_range:
        yield from _range_problems(plan)
    else:
        yield _missing(plan)
    if plan.asked.private_dns_zone_id:
        yield from _zone_problems(plan, ids.parse(plan.asked.private_dns_zone_id, ids.ZONE))


def _missing(plan: NetworkPlan) -> str:
    if not plan.nodes:
        return (
            f"network: missing, and AKS manages the network of {plan.cluster}; "
            f"{_endpoint_cure(plan)}"
        )
    free = plan.nodes.free_range(SMALLEST_SUBNET) or "…/28"
    return (
        f"network: missing; to have a subnet made in {plan.nodes.id.name}: `pulumi config set "
        f"--path network.subnetRange {free}`; or set network.delegatedSubnetId, or "
        "network.privateEndpoint"
    )


def _endpoint_cure(plan: NetworkPlan) -> str:
    return (
        "type `pulumi config set --path network.privateEndpoint.subnetId …` with the ID that "
        f"`az network vnet list --resource-group {plan.node_resource_group} --query "
        "'[].subnets[].id'` prints"
    )


def _endpoint_problems(plan: NetworkPlan) -> Iterator[str]:
    key = "network.privateEndpoint.subnetId"
    if not plan.endpoint_subnet:
        yield f"{key}: missing, and AKS manages the network of {plan.cluster}; " + (
            _endpoint_cure(plan)
        )
    yield from _subnet_problems(plan, key, plan.asked.private_endpoint.subnet_id)
    if plan.subnet and plan.subnet.delegations:
        yield (
            f"{key}: {plan.subnet.id.child} is delegated to "
            f"{', '.join(plan.subnet.delegations)}, and so takes no private endpoint; choose "
            "another subnet"
        )


def _delegated_problems(plan: NetworkPlan) -> Iterator[str]:
    key, text = "network.delegatedSubnetId", plan.asked.delegated_subnet_id
    yield from _subnet_problems(plan, key, text)
    if not plan.nodes and not plan.asked.private_dns_zone_id:
        yield (
            f"network.privateDnsZoneId: missing, and AKS manages the network of {plan.cluster};"
            " set it to a zone that you have linked to that network"
        )
    if not plan.subnet:
        return
    if DELEGATION.lower() not in map(str.lower, plan.subnet.delegations):
        yield (
            f"{key}: {plan.subnet.id.child} is not delegated to {DELEGATION}; type `az network "
            f"vnet subnet update --ids {text} --delegations {DELEGATION}`"
        )
    if all(each.prefixlen > SMALLEST_SUBNET for each in plan.subnet.ranges):
        yield (
            f"{key}: {plan.subnet.id.child} has {', '.join(map(str, plan.subnet.ranges))}, "
            f"must have a range of /{SMALLEST_SUBNET} or larger"
        )


def _subnet_problems(plan: NetworkPlan, key: str, text: str) -> Iterator[str]:
    """One line for each reason that a subnet is out of reach."""
    subscription, network = ids.parse(text, ids.SUBNET).subscription, plan.subnet_network
    if subscription and subscription.lower() != plan.subscription.lower():
        yield (
            f"{key}: is in subscription {subscription}, must be in {plan.subscription}, the "
            "cluster's"
        )
    if not network:
        return
    if network.region != plan.region:
        yield f"{key}: is in {network.region}, must be in {plan.region}, the cluster's region"
    if plan.nodes and network.id.key not in {plan.nodes.id.key, *plan.nodes.peers}:
        yield (
            f"{key}: is in {network.id.name}, which is not peered with {plan.nodes.id.name}, "
            "the network of the nodes; type `az network vnet peering create` for both "
            "directions, or choose a subnet there"
        )


def _range_problems(plan: NetworkPlan) -> Iterator[str]:
    key, nodes = "network.subnetRange", plan.nodes
    if not nodes:
        yield (
            f"{key}: AKS manages the network of {plan.cluster}, and no subnet of ours may be "
            f"there; remove it, and {_endpoint_cure(plan)}"
        )
        return
    try:
        (wanted,) = ranges([plan.asked.subnet_range])
    except ValueError:
        return  # the settings' own checks have a line for it
    if not any(wanted.subnet_of(space) for space in nodes.space):
        yield (
            f"{key}: is {wanted}, must be in {', '.join(map(str, nodes.space))}, the addresses "
            f"of {nodes.id.name}"
        )
    for used in (*nodes.used(without=plan.subnet_name), *plan.cluster_ranges):
        if wanted.overlaps(used):
            free = nodes.free_range(wanted.prefixlen)
            cure = f"{free} is free" if free else f"{nodes.id.name} has no free one"
            yield f"{key}: is {wanted}, and {used} is in use there; {cure}"


def _zone_problems(plan: NetworkPlan, given: ResourceId) -> Iterator[str]:
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
