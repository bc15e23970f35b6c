"""Refuses an update that may take away the address at which people find Coder."""

from collections.abc import Mapping

import pulumi

from components import guards
from components.coder.args import CoderArgs
from components.coder.balancers import balancer_address, is_public
from components.coder.exposure import ANNOTATIONS, INTERNAL, INTERNET, OWN
from components.kubernetes.client import ClusterError, Object


def refuse_lost_address(name: str, args: CoderArgs) -> pulumi.ResourceHook:
    """A hook of the release that refuses what may end the address of a live load balancer.

    AKS and GKE give it another address in place; the controllers of EKS replace it, or leave it
    as it is: https://github.com/kubernetes/kubernetes/issues/64251. Only a new Service has the new
    exposure on each of them.
    """

    def before_update(_: pulumi.ResourceHookArgs) -> None:
        namespace, service = args.spec.namespace, args.chart.service
        try:
            found = args.spec.cluster.service(namespace, service)
        except ClusterError as error:
            pulumi.warn(f"Whether this update ends the address of Coder is not known: {error}")
            return
        guards.refuse([_refusal(args, found)])

    return guards.hook(f"{name}: address", before_update)


def _refusal(args: CoderArgs, found: Object | None) -> str | None:
    address = balancer_address(found)
    if not found or not address or found["spec"]["type"] != "LoadBalancer":
        return None
    exposure, annotations = args.exposure, found["metadata"].get("annotations") or {}
    own = {key: value for key, value in annotations.items() if key in OWN}
    if exposure.balanced and own == exposure.service.annotations:
        return None
    live = _live_mode(own, address)
    if exposure.balanced and exposure.mode == live:
        return None
    keep = f"remove chartValues.{exposure.route}" if exposure.route else f"set exposure to {live}"
    if live == INTERNET and not exposure.route:
        keep += (
            ", which needs an https:// accessUrl and a certificate (docs/coder.md: Reaching Coder)"
        )
    kind = "public" if live == INTERNET else "private"
    command = f"kubectl -n {args.spec.namespace} delete service {args.chart.service}"
    return (
        f"exposure: is {exposure.mode}, but Coder's load balancer has the {kind} address "
        f"{address}, which may end, and not every cloud makes another one then. To keep it, "
        f"{keep}. If people may find Coder elsewhere: `{command}`, then `pulumi up`"
    )


def _live_mode(annotations: Mapping[str, str], address: str) -> str:
    """What the load balancer is; a controller may have ignored changes of its annotations."""
    public = is_public(address)
    if public is None:
        public = not ANNOTATIONS[INTERNAL].items() & annotations.items()
    return INTERNET if public else INTERNAL
