"""Keeps names and load balancers in step with the cluster's Services."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kubernetes import client

from sandbox.cluster import api, endpoints, load_balancer
from sandbox.cluster.api import Object
from sandbox.machine import dns, network, paths, services

PAUSE = 0.1
"""Seconds that gather changes which come together."""
LONGEST_WAIT = 30.0
DONE = paths.RUN / "services"
"""Touched whenever all is in step."""


def part() -> services.Service:
    """The process that does it."""
    return services.Service(
        name="services",
        command=services.python("sandbox.cluster.service_addresses"),
        ready=DONE.as_uri(),
        grace=2,
    )


def main() -> None:
    """Follow the API server for ever."""
    connection = api.connect()
    core, discovery = client.CoreV1Api(connection), client.DiscoveryV1Api(connection)
    listings = (
        core.list_service_for_all_namespaces,
        discovery.list_endpoint_slice_for_all_namespaces,
    )
    changed = threading.Event()
    changed.set()
    for listing in listings:
        threading.Thread(target=_follow, args=(listing, changed), daemon=True).start()
    while True:
        changed.wait(LONGEST_WAIT)
        time.sleep(PAUSE)
        changed.clear()
        try:
            services, slices = (api.get(listing)["items"] for listing in listings)
            load_balancer.reconcile(core, services, slices)
            dns.add("services", records(services, slices))
            DONE.touch()
        except api.ERRORS as error:
            print(f"again in a second: {error}", flush=True)
            time.sleep(1)
            changed.set()


def _follow(listing: Callable[..., Any], changed: threading.Event) -> None:
    """Set the event whenever an object changes."""
    while True:
        try:
            watch = listing(watch=True, timeout_seconds=600, _preload_content=False)
            for _ in watch.stream():
                changed.set()
        except api.ERRORS:
            time.sleep(0.5)
        changed.set()


def records(services: Sequence[Object], slices: Sequence[Object]) -> Iterator[tuple[str, str]]:
    """An address and name for each Service, and for each ready endpoint of a headless one."""
    for service in services:
        metadata, address = service["metadata"], service["spec"].get("clusterIP")
        name = f"{metadata['name']}.{metadata['namespace']}.svc.{network.CLUSTER_DOMAIN}"
        if address != "None":
            if address:  # an ExternalName has none
                yield address, name
            continue
        for piece in endpoints.slices_of(service, slices):
            for endpoint in endpoints.ready(piece):
                for each in endpoint["addresses"]:
                    yield each, name
                    if endpoint.get("hostname"):
                        yield each, f"{endpoint['hostname']}.{name}"


if __name__ == "__main__":
    main()
