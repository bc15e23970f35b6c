"""One zone of a cloud, by the two names that it has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Zone:
    """A zone, as the cloud and as Kubernetes name it: Azure's `1` is `westeurope-1` on nodes."""

    name: str
    """The cloud's name, in which a server is placed."""
    node_label: str
    """The value of topology.kubernetes.io/zone on the zone's nodes."""
