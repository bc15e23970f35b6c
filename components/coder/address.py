"""Where Coder answers, read back from the Service that its chart makes."""

import pulumi
from pulumi_kubernetes import core, helm
from pulumi_kubernetes.core.v1.outputs import ServiceStatus


def address(
    name: str, release: helm.v3.Release, service: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The load balancer's address, or the Service's name in the cluster where there is none."""
    namespace = release.status.namespace
    found = core.v1.Service.get(
        name,
        pulumi.Output.concat(namespace, "/", service),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    inside = pulumi.Output.concat(service, ".", namespace, ".svc.cluster.local")
    return pulumi.Output.all(found.status.apply(_balancer), inside).apply(
        lambda addresses: addresses[0] or addresses[1]
    )


def _balancer(status: ServiceStatus | None) -> str | None:
    balancer = status.load_balancer if status else None
    for ingress in (balancer.ingress if balancer else None) or []:
        if found := ingress.hostname or ingress.ip:
            return found
    return None
