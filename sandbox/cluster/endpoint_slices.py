"""The ready endpoints of a Kubernetes Service, read from its EndpointSlices."""

from collections.abc import Iterator, Sequence

from sandbox.cluster.api_client import Object

SERVICE_LABEL = "kubernetes.io/service-name"


def slices_of(service: Object, slices: Sequence[Object]) -> Iterator[Object]:
    """The EndpointSlices of one Kubernetes Service."""
    metadata = service["metadata"]
    for endpoint_slice in slices:
        labels = endpoint_slice["metadata"].get("labels", {})
        same_namespace = endpoint_slice["metadata"]["namespace"] == metadata["namespace"]
        if same_namespace and labels.get(SERVICE_LABEL) == metadata["name"]:
            yield endpoint_slice


def ready_endpoints(endpoint_slice: Object) -> list[Object]:
    """The ready endpoints of a slice; an unknown readiness counts as ready, as the API defines."""
    return [
        endpoint
        for endpoint in endpoint_slice.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready") is not False
    ]


def ready_addresses(
    service: Object, slices: Sequence[Object], port_name: str
) -> list[tuple[str, int]]:
    """Address and port of each ready endpoint of one named port of a Kubernetes Service."""
    return [
        (address, port["port"])
        for endpoint_slice in slices_of(service, slices)
        for port in endpoint_slice.get("ports") or []
        if port.get("name", "") == port_name
        for endpoint in ready_endpoints(endpoint_slice)
        for address in endpoint["addresses"]
    ]
