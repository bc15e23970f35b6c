"""What the program knows of the Kubernetes cluster, whatever cloud it is in."""

import dataclasses
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """What a cloud's `find_cluster` is told beside the cluster in the cloud's own words."""

    context: str
    """Of the kubeconfig; empty for the current one."""
    zone: str
    """The one asked for; empty to find one."""
    stack: str
    """As `project/stack`, to know what an earlier update of it has made."""
    network: Any = None
    """The setting `network`, in a cloud that takes it: what is given need not be found."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """The cluster that a cloud's `find_cluster` found, in plain values."""

    identifier: str
    """Stays the same for as long as it is the same cluster, whatever its credentials do."""
    zone: str
    """Where the nodes are, and so the database is to be; may be empty for `cloud: existing`."""
    found: Any = None
    """What else the cloud's `Postgres` needs to know, in a type of that cloud's own."""
