"""What the program knows of the Kubernetes cluster, whatever cloud it is in."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster that a cloud's `find_cluster` found, in plain values."""

    identifier: str
    """Stays the same for as long as it is the same cluster, whatever its credentials do."""
    zone: str
    """Where the nodes are, and so the database is to be; may be empty for `cloud: existing`."""
