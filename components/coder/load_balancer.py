"""Names a load balancer that stays without an address; an update does not fail for it.

Coder runs and its Service can be reached in the cluster. Until there is an address, the outputs
`address` and `accessUrl` hold the Service's DNS name; the next update reads them again.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pulumi

from components.coder.args import CoderArgs
from components.coder.balancers import balancer_address
from components.kubernetes import evidence
from components.kubernetes.client import ClusterError, Object

PAUSE_SECONDS = 5.0
SECONDS_TO_WAIT = 120.0
"""From the Service's last change: later updates don't wait for what has not come since."""


def load_balancer(
    args: CoderArgs, namespace: pulumi.Output[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The namespace, once Coder's Service has its address or has been without it for too long."""

    async def wait(space: str) -> str:
        if pulumi.runtime.is_dry_run():
            return space
        try:
            if problem := await _wait(args, space, parent):
                pulumi.warn(problem, parent)
        except ClusterError as error:
            pulumi.warn(f"Coder's Service can't be read: {error}", parent)
        return space

    return namespace.apply(wait)


async def _wait(args: CoderArgs, namespace: str, parent: pulumi.Resource) -> str | None:
    cluster, name = args.spec.cluster, args.chart.service
    begun = time.monotonic()
    while True:
        service = await asyncio.to_thread(cluster.service, namespace, name)
        if service is None or not _is_pending(service):
            return None
        age = (datetime.now(UTC) - max(_changes(service))).total_seconds()
        if age >= SECONDS_TO_WAIT or time.monotonic() - begun >= SECONDS_TO_WAIT:
            break
        line = f"Waiting for the address of Service {namespace}/{name} ({age:.0f} s)"
        pulumi.log.info(line, parent, ephemeral=True)
        await asyncio.sleep(PAUSE_SECONDS)
    reasons = await asyncio.to_thread(evidence.service_reasons, cluster, namespace, name)
    said = "".join(f": {reason}" for reason in reasons[:1])
    return (
        f"Coder runs, but its load balancer has no address: Service {namespace}/{name} has been "
        f"pending for {age / 60:.0f} min{said}. See `kubectl -n {namespace} describe service "
        f"{name}`: the cluster needs a controller that makes load balancers, with the rights, the "
        f"quota and the subnets for one. Without one, set exposure to none. Until then, address is "
        "the name inside the cluster; `pulumi up` reads it again"
    )


def _is_pending(service: Object) -> bool:
    return service["spec"].get("type") == "LoadBalancer" and not balancer_address(service)


def _changes(service: Object) -> Iterator[datetime]:
    """When the Service was created, and when its specification was changed."""
    metadata = service["metadata"]
    times = [metadata["creationTimestamp"]]
    for each in metadata.get("managedFields") or ():
        if "time" in each and not each.get("subresource"):
            times.append(each["time"])
    return map(datetime.fromisoformat, times)
