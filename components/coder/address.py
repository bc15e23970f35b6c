"""The address of Coder, read from the Service that its chart creates."""

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.core.v1.outputs import ServiceStatus


def address(
    name: str, namespace: pulumi.Output[str], service: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The load balancer's host name or IP address, or without one the Service's DNS name."""
    found = core.v1.Service.get(
        name,
        pulumi.Output.concat(namespace, "/", service),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    cluster_dns_name = pulumi.Output.concat(service, ".", namespace, ".svc.cluster.local")
    return pulumi.Output.all(found.status.apply(_load_balancer), cluster_dns_name).apply(
        lambda addresses: addresses[0] or addresses[1]
    )


def _load_balancer(status: ServiceStatus | None) -> str | None:
    balancer = status.load_balancer if status else None
    for ingress in (balancer.ingress if balancer else None) or []:
        if found := ingress.hostname or ingress.ip:
            return found
    return None
