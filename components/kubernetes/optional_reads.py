"""Reads that only explain: what the credentials may not read is left out, and named."""

import functools
from collections.abc import Callable
from typing import Any

from components.kubernetes.causes import Cause, Kind
from components.kubernetes.client import Cluster, Forbidden, Object


class OptionalReads:
    """Reads of a cluster; each finds nothing where the credentials may not make it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._forbidden: set[str] = set()

    def replica_sets(self, namespace: str, selector: str) -> list[Object]:
        """The ReplicaSets with these labels, the oldest first."""
        return self._read("replicasets", lambda: self._cluster.replica_sets(namespace, selector))

    @functools.cached_property
    def nodes(self) -> list[Object]:
        """Nodes of the cluster, read once for all pods."""
        return self._read("nodes", self._cluster.nodes)

    def events(self, namespace: str, uid: str) -> list[Object]:
        """The events of the object with this uid, the newest last."""
        return self._read("events", lambda: self._cluster.events(namespace, uid))

    def last_log_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, lines: int
    ) -> list[str]:
        """The end of a container's log, or of the log before its last restart."""
        return self._read(
            "pods/log",
            lambda: self._cluster.last_log_lines(
                namespace, pod, container, previous=previous, lines=lines
            ),
        )

    def missing(self) -> list[Cause]:
        """The line that names what could not be read; none where all could be."""
        if not self._forbidden:
            return []
        kinds = ", ".join(sorted(self._forbidden))
        text = f"why pods are not ready is not fully known: the credentials may not read {kinds}"
        return [Cause(Kind.UNKNOWN, text)]

    def _read(self, kind: str, read: Callable[[], list[Any]]) -> list[Any]:
        try:
            return read()
        except Forbidden:
            self._forbidden.add(kind)
            return []
