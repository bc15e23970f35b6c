"""The rollout of Coder's Deployment: whether it is complete, and what it waits for.

Complete is what `kubectl rollout status` calls complete:
https://github.com/kubernetes/kubectl/blob/master/pkg/polymorphichelpers/rollout_status.go
"""

import dataclasses
from collections.abc import Collection, Sequence
from datetime import datetime

from components.kubernetes import pods
from components.kubernetes.client import Cluster, ClusterError, Object

HASH = "pod-template-hash"
"""The label of the pods and the ReplicaSet of one version of a Deployment's pod template."""
REVISION = "deployment.kubernetes.io/revision"
"""The annotation by which a Deployment and its newest ReplicaSet have the same value."""
AVAILABLE = "NewReplicaSetAvailable"
"""The reason of the condition Progressing from the end of a rollout to the next one's begin."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rollout:
    """A Deployment, and the pods of its newest ReplicaSet."""

    deployment: Object
    selector: str = ""
    """Of the newest ReplicaSet and its pods; empty while there is none."""
    pods: Sequence[Object] = ()

    @property
    def wanted(self) -> int:
        """How many pods there should be."""
        return self.deployment["spec"].get("replicas", 1)

    @property
    def ready(self) -> int:
        """How many pods are ready, of all versions."""
        return self._count("readyReplicas")

    @property
    def selector_of_all(self) -> str:
        """Selects the pods of all versions."""
        labels = self.deployment["spec"].get("selector", {}).get("matchLabels") or {}
        return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))

    @property
    def ready_new(self) -> int:
        """How many pods of the newest version are ready."""
        return sum(map(pods.is_ready, self.pods))

    @property
    def lost_old(self) -> int:
        """How many pods of former versions should serve, and are not ready."""
        old = self._count("replicas") - self._count("updatedReplicas")
        return old - (self.ready - self.ready_new)

    @property
    def complete(self) -> bool:
        """Whether all pods are available, and no pod of a former version is left."""
        updated = self._count("updatedReplicas")
        return (
            self._observed
            and updated >= self.wanted
            and self._count("replicas") == updated
            and self._count("availableReplicas") >= updated
        )

    @property
    def was_complete(self) -> bool:
        """Whether this version was rolled out, whatever has happened to its pods since."""
        reasons = {
            each["type"]: each.get("reason")
            for each in self.deployment.get("status", {}).get("conditions") or ()
        }
        return (
            self._observed
            and reasons.get("Progressing") == AVAILABLE
            and self._count("replicas") == self._count("updatedReplicas")
        )

    @property
    def never_started(self) -> bool:
        """Whether no container of the newest version has ever run, so that none has migrated."""
        known = bool(self.selector) and not self.was_complete
        return known and not any(map(pods.has_started, self.pods))

    def seconds_running(self, now: datetime, containers: Collection[str]) -> float:
        """For how long one of the newest version's containers of these names has run, or 0."""
        return max((pods.seconds_running(pod, now, containers) for pod in self.pods), default=0.0)

    def progress(self) -> str:
        """What the rollout waits for, in one line."""
        doing = [f"pod {pod['metadata']['name']} {pods.activity(pod)}" for pod in self.pods]
        parts = [f"{self.ready_new} of {self.wanted} pod(s) ready", *doing]
        if old := self.ready - self.ready_new:
            parts.append(f"{old} pod(s) of the former version still serve")
        return "; ".join(parts)

    @property
    def _observed(self) -> bool:
        """Whether the status is one of the newest specification."""
        generation = self.deployment.get("metadata", {}).get("generation", 0)
        return self._count("observedGeneration") >= generation

    def _count(self, key: str) -> int:
        return self.deployment.get("status", {}).get(key, 0)


def read(cluster: Cluster, namespace: str, name: str) -> Rollout | None:
    """The rollout of a Deployment, without its pods if it is complete; None without Deployment."""
    deployment = cluster.deployment(namespace, name)
    if deployment is None:
        return None
    rollout = Rollout(deployment=deployment)
    if rollout.complete or not rollout.wanted:
        return rollout
    selector = rollout.selector_of_all
    try:
        for owner in cluster.replica_sets(namespace, selector):
            metadata = owner["metadata"]
            if _revision(owner) == _revision(deployment) and HASH in metadata["labels"]:
                own = f"{selector},{HASH}={metadata['labels'][HASH]}"
                found = cluster.pods(namespace, own)
                return dataclasses.replace(rollout, selector=own, pods=found)
    except ClusterError:
        # The Deployment alone says whether the rollout is complete.
        return rollout
    return rollout


def _revision(found: Object) -> str | None:
    return (found["metadata"].get("annotations") or {}).get(REVISION)
