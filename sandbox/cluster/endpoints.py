"""A Service's ready endpoints, as its EndpointSlices say."""

from collections.abc import Iterator, Sequence

from sandbox.cluster.api import Object

SERVICE_LABEL = "kubernetes.io/service-name"


def slices_of(service: Object, slices: Sequence[Object]) -> Iterator[Object]:
    """The slices of one Service."""
    wanted = service["metadata"]
    for each in slices:
        labels = each["metadata"].get("labels", {})
        same = each["metadata"]["namespace"] == wanted["namespace"]
        if same and labels.get(SERVICE_LABEL) == wanted["name"]:
            yield each


def ready(piece: Object) -> list[Object]:
    """The endpoints of a slice that take connections; unknown counts as ready, as the API says."""
    return [
        endpoint
        for endpoint in piece.get("endpoints") or []
        if endpoint.get("conditions", {}).get("ready") is not False
    ]


def targets(service: Object, slices: Sequence[Object], port: str) -> list[tuple[str, int]]:
    """Address and port of every ready endpoint behind one port of the Service, by its name."""
    return [
        (address, each["port"])
        for piece in slices_of(service, slices)
        for each in piece.get("ports") or []
        if each.get("name", "") == port
        for endpoint in ready(piece)
        for address in endpoint["addresses"]
    ]
