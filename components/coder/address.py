"""Where people find Coder, read from the cluster once Coder runs."""

import asyncio
import dataclasses
from collections.abc import Iterator
from urllib.parse import urlsplit

import pulumi

from components.coder.access_url import configured_url
from components.coder.args import CoderArgs
from components.coder.balancers import balancer_address, gateway_addresses, is_public
from components.coder.exposure import INTERNAL
from components.coder.rollout_lines import create_again
from components.kubernetes.client import ClusterError


@dataclasses.dataclass(frozen=True)
class Address:
    """What is told to people and to other programs."""

    host: str
    """A host name or an IP address; empty if the chart makes no Service."""
    url: str


def address(
    args: CoderArgs, reachable: pulumi.Output[str], parent: pulumi.Resource
) -> pulumi.Output[Address]:
    """The address of Coder in the namespace, which is known once its load balancer has one."""

    async def find(namespace: str) -> Address:
        warnings: list[str] = []
        try:
            # In a thread, because the program goes on registering resources.
            return await asyncio.to_thread(_find, args, namespace, warnings)
        except ClusterError as error:
            warnings.append(f"The address of Coder can't be read: {error}")
            return Address("", args.exposure.given_url)
        finally:
            for line in warnings:
                pulumi.warn(line, parent)

    return reachable.apply(find)


def _find(args: CoderArgs, namespace: str, warnings: list[str]) -> Address:
    exposure = args.exposure
    given = exposure.given_url or configured_url(args, namespace, warnings)
    if exposure.route:
        host = urlsplit(exposure.route_url).hostname or ""
        external = _route_address(args, namespace)
        found = external or host or _inside(args, namespace)
        url = given or exposure.route_url + ("" if host else found)
        if external and url.startswith("http://") and is_public(external):
            warnings.append(
                f"exposure: is {exposure.mode}, but Ingress {namespace}/{args.chart.service} has "
                f"the public address {external}, and Coder is on plain HTTP there. Anybody may "
                f"reach Coder; set chartValues.{exposure.route}.tls, or make the ingress private"
            )
        if url.startswith("http://"):
            warnings += _public_gateways(args, namespace)
        return Address(found, url)
    if exposure.has_service:
        found = _service_address(args, namespace, warnings)
        return Address(found, given or exposure.service_url(found))
    if not given:
        warnings.append(
            f"accessUrl: missing, but chartValues.{args.chart.entry.service}.enable is false, so "
            "that the address of Coder is not known; type `pulumi config set accessUrl …`"
        )
    return Address(urlsplit(given).hostname or "", given)


def _route_address(args: CoderArgs, namespace: str) -> str:
    """The external address of the Ingress's controller, if there is one."""
    if not args.exposure.route.endswith("ingress"):
        return ""
    return balancer_address(args.spec.cluster.ingress(namespace, args.chart.service))


def _public_gateways(args: CoderArgs, namespace: str) -> Iterator[str]:
    """A warning for each Gateway of the route that has a public address."""
    exposure = args.exposure
    parents = exposure.value(f"{exposure.route}.parentRefs")
    for parent in parents if isinstance(parents, list) else ():
        if not isinstance(parent, dict):
            continue
        where, name = parent.get("namespace") or namespace, parent.get("name", "")
        try:
            gateway = args.spec.cluster.gateway(where, name)
        except ClusterError:
            continue  # only a warning needs it
        if public := next(filter(is_public, gateway_addresses(gateway)), ""):
            yield (
                f"exposure: is {exposure.mode}, but Gateway {where}/{name} of "
                f"chartValues.{exposure.route} has the public address {public}, and Coder's URL is "
                "plain HTTP. Anybody may reach Coder; set accessUrl to its https:// URL if the "
                "Gateway has a certificate, or choose a private Gateway"
            )


def _service_address(args: CoderArgs, namespace: str, warnings: list[str]) -> str:
    exposure = args.exposure
    service = args.spec.cluster.service(namespace, args.chart.service)
    path, found = f"{namespace}/{args.chart.service}", balancer_address(service)
    if service is None:
        warnings.append(
            f"Nobody reaches Coder: there is no Service {path}; to create it again: "
            f"`{create_again(namespace)}`"
        )
    elif not found and exposure.balanced and pulumi.runtime.is_dry_run():
        warnings.append(
            f"exposure: is {exposure.mode}, but the load balancer of Service {path} has no "
            f"address; see `kubectl -n {namespace} describe service {args.chart.service}`, or set "
            "exposure to none where the cluster makes no load balancers"
        )
    if found and exposure.balanced and exposure.mode == INTERNAL and is_public(found):
        warnings.append(
            f"exposure: is internal, but the load balancer of Service {path} has the public "
            f"address {found}: the cluster does not know the annotations, or did not apply them "
            "to a load balancer that existed. Anybody may reach Coder; type `kubectl -n "
            f"{namespace} delete service {args.chart.service}`, and then "
            f"`{create_again(namespace)}` for another load balancer, or `pulumi config set "
            "exposure none` and `pulumi up` for none"
        )
    return found or _inside(args, namespace)


def _inside(args: CoderArgs, namespace: str) -> str:
    """The Service's name, which resolves in pods, whatever the cluster's domain is."""
    return f"{args.chart.service}.{namespace}.svc"
