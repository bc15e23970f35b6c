"""Why Azure would refuse a network plan, or no pod of the cluster would reach the server."""

from collections.abc import Iterator

from components.azure import ids, zone_checks
from components.azure.checks import SMALLEST_SUBNET
from components.azure.network_plan import NetworkPlan
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
        yield from zone_checks.problems(plan)


def _missing(plan: NetworkPlan) -> str:
    if not plan.nodes:
        return f"network: missing, and {_owner(plan)}; {_endpoint_cure(plan)}"
    free = plan.nodes.free_range(SMALLEST_SUBNET, plan.cluster_ranges) or "…/28"
    return (
        f"network: missing; to have a subnet made in {plan.nodes.id.name}: `pulumi config set "
        f"--path network.subnetRange {free}`; or set network.delegatedSubnetId, or "
        "network.privateEndpoint"
    )


def _owner(plan: NetworkPlan) -> str:
    if plan.nodes_subnet:
        return f"the network of {plan.cluster} is in another subscription"
    return f"AKS manages the network of {plan.cluster}"


def _endpoint_cure(plan: NetworkPlan) -> str:
    key = "network.privateEndpoint.subnetId"
    if plan.nodes_subnet:
        return (
            f"set {key} or network.delegatedSubnetId to a subnet of subscription "
            f"{plan.subscription}, in a network that is peered with it"
        )
    return (
        f"type `pulumi config set --path {key} …` with the ID that `az network vnet list "
        f"--resource-group {plan.node_resource_group} --query '[].subnets[].id'` prints"
    )


def _endpoint_problems(plan: NetworkPlan) -> Iterator[str]:
    key = "network.privateEndpoint.subnetId"
    if not plan.endpoint_subnet:
        yield f"{key}: missing, and {_owner(plan)}; {_endpoint_cure(plan)}"
    yield from _subnet_problems(plan, key, plan.endpoint_subnet)
    if plan.subnet and plan.subnet.delegations:
        yield (
            f"{key}: {plan.subnet.id.child} is delegated to "
            f"{', '.join(plan.subnet.delegations)}, and so takes no private endpoint; choose "
            "another subnet"
        )


def _delegated_problems(plan: NetworkPlan) -> Iterator[str]:
    key, text = "network.delegatedSubnetId", plan.asked.delegated_subnet_id
    yield from _subnet_problems(plan, key, text)
    if not plan.nodes_subnet and not plan.asked.private_dns_zone_id:
        yield (
            f"network.privateDnsZoneId: missing, and {_owner(plan)}; set it to a zone that you "
            "have linked to that network"
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
            f"{key}: {_owner(plan)}, and no subnet of ours may be there; remove it, and "
            f"{_endpoint_cure(plan)}"
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
        return
    for used in (*nodes.used(without=plan.subnet_name), *plan.cluster_ranges):
        if wanted.overlaps(used):
            free = nodes.free_range(wanted.prefixlen, plan.cluster_ranges)
            cure = f"{free} is free" if free else f"{nodes.id.name} has no free one"
            yield f"{key}: is {wanted}, and {used} is in use there; {cure}"
