"""The controller of Kubernetes Services: DNS names, and load balancers for those that need one."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kubernetes import client

from sandbox.cluster import api_client, endpoint_slices, load_balancer
from sandbox.cluster.api_client import Object
from sandbox.machine import dns, network, paths, services

BATCH_SECONDS = 0.1
"""Waits so long after a change, so that several changes are handled together."""
RESYNC_SECONDS = 30.0
RETRY_SECONDS = 1
SYNCED = paths.RUN / "service-controller.synced"
"""Touched after each reconciliation."""


def service() -> services.Service:
    """The supervised process of this controller."""
    return services.Service(
        name="service-controller",
        command=services.python_command("sandbox.cluster.service_controller"),
        ready=SYNCED.as_uri(),
        grace_seconds=2,
    )


def main() -> None:
    """Reconcile whenever a Kubernetes Service or an EndpointSlice changes."""
    connection = api_client.connect()
    core, discovery = client.CoreV1Api(connection), client.DiscoveryV1Api(connection)
    list_calls = (
        core.list_service_for_all_namespaces,
        discovery.list_endpoint_slice_for_all_namespaces,
    )
    changed = threading.Event()
    changed.set()
    for list_call in list_calls:
        threading.Thread(target=_watch, args=(list_call, changed), daemon=True).start()
    while True:
        changed.wait(RESYNC_SECONDS)
        time.sleep(BATCH_SECONDS)
        changed.clear()
        try:
            kubernetes_services, slices = (
                api_client.get_json(list_call)["items"] for list_call in list_calls
            )
            load_balancer.reconcile(core, kubernetes_services, slices)
            dns.set_records("services", dns_records(kubernetes_services, slices))
            SYNCED.touch()
        except api_client.ERRORS as error:
            print(f"retrying in {RETRY_SECONDS} s: {error}", flush=True)
            time.sleep(RETRY_SECONDS)
            changed.set()


def _watch(list_call: Callable[..., Any], changed: threading.Event) -> None:
    """Set the event whenever an object changes."""
    while True:
        try:
            watch = list_call(watch=True, timeout_seconds=600, _preload_content=False)
            for _ in watch.stream():
                changed.set()
        except api_client.ERRORS:
            time.sleep(0.5)
        changed.set()


def dns_records(
    kubernetes_services: Sequence[Object], slices: Sequence[Object]
) -> Iterator[tuple[str, str]]:
    """The (address, name) pairs of all Services; a headless one has those of its ready pods."""
    for each in kubernetes_services:
        metadata, cluster_ip = each["metadata"], each["spec"].get("clusterIP")
        name = f"{metadata['name']}.{metadata['namespace']}.svc.{network.CLUSTER_DOMAIN}"
        if cluster_ip == "None":  # a headless Service
            yield from _pod_records(name, endpoint_slices.slices_of(each, slices))
        elif cluster_ip:  # a Service of type ExternalName has none
            yield cluster_ip, name


def _pod_records(name: str, slices: Iterator[Object]) -> Iterator[tuple[str, str]]:
    for endpoint_slice in slices:
        for endpoint in endpoint_slices.ready_endpoints(endpoint_slice):
            for address in endpoint["addresses"]:
                yield address, name
                if endpoint.get("hostname"):
                    yield address, f"{endpoint['hostname']}.{name}"


if __name__ == "__main__":
    main()
