"""What each kind must show before it does its work, in the published provider's words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.kubernetes import pods
from sandbox.providers.kubernetes.cluster import Cluster
from sandbox.providers.kubernetes.shape import annotation, short_name

_SETTLED_SECONDS = 10
"""How long a Service's endpoints must stay as they are."""
_REVISION = "deployment.kubernetes.io/revision"
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field "
    "'.spec.selector' may not match labels on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


@dataclass
class Verdict:
    """What one look at an object says."""

    done: bool = False
    failed: bool = False
    status: str = ""
    reasons: list[str] = field(default_factory=list)
    """Why it is not done; shown when it never will be."""
    warnings: list[str] = field(default_factory=list)
    """What is shown as soon as it is seen."""


@dataclass
class Look:
    """What a rule may look at."""

    cluster: Cluster
    live: dict[str, Any]
    last: dict[str, Any] | None = None
    """The object before the update; None after a creation."""
    memory: dict[str, Any] = field(default_factory=dict)
    """What a rule remembers from one look to the next."""

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return self.live["metadata"].get("namespace", "")

    @property
    def status(self) -> dict[str, Any]:
        """The object's status."""
        return self.live.get("status") or {}

    def owned(self, api_version: str, kind: str, owner: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The objects of a kind that another object owns."""
        uid = owner["metadata"]["uid"]
        return [
            item
            for item in self.cluster.list(api_version, kind, self.namespace)
            if any(ref["uid"] == uid for ref in item["metadata"].get("ownerReferences") or [])
        ]


Rule = Callable[[Look], Verdict]


def rule(thing: Mapping[str, Any]) -> Rule | None:
    """What holds for an object's kind; None where nothing is to be waited for."""
    return _RULES.get((thing["apiVersion"], thing["kind"]))


def job_complete(job: Mapping[str, Any]) -> bool:
    """Whether a Job has done its work."""
    return _condition(job, "Complete").get("status") == "True"


def _condition(thing: Mapping[str, Any], kind: str) -> dict[str, Any]:
    conditions = (thing.get("status") or {}).get("conditions") or []
    return next((item for item in conditions if item["type"] == kind), {})


def job(look: Look) -> Verdict:
    """A Job is done when it is complete; what its pods end with is shown either way."""
    status, name = look.status, short_name(look.live)
    uid = look.live["metadata"]["uid"]
    selector = f"batch.kubernetes.io/controller-uid={uid}"
    found = look.cluster.list("v1", "Pod", look.namespace, selector)
    messages = [text for pod in found for text in pods.problems(pod)]
    # A Job's containers are unready whenever they run or are done: no news in itself.
    news = [text for text in messages if "containers with unready status" not in text]
    if job_complete(look.live):
        return Verdict(done=True, warnings=news)
    failure = _condition(look.live, "Failed")
    known = failure.get("reason") in ("BackoffLimitExceeded", "DeadlineExceeded")
    if failure.get("status") == "True" and known:
        messages.append(f"[{failure['reason']}] {failure.get('message', '')}")
        return Verdict(failed=True, reasons=messages)
    if not status.get("startTime"):
        return Verdict(status=f'Waiting for Job "{name}" to start')
    counts = (
        f"(Active: {status.get('active', 0)} | Succeeded: {status.get('succeeded', 0)} | "
        f"Failed: {status.get('failed', 0)})"
    )
    return Verdict(
        status=f'Waiting for Job "{name}" to succeed {counts}', reasons=messages, warnings=news
    )


def _pod(look: Look) -> Verdict:
    name = short_name(look.live)
    if _condition(look.live, "Ready").get("status") == "True":
        return Verdict(done=True)
    if look.status.get("phase") == "Succeeded":
        return Verdict(done=True)
    waiting = {"PodScheduled": "scheduled", "Initialized": "initialized"}
    for kind, words in waiting.items():
        if _condition(look.live, kind).get("status") != "True":
            return Verdict(
                status=f'Waiting for Pod "{name}" to be {words}', reasons=pods.problems(look.live)
            )
    return Verdict(status=f'Waiting for Pod "{name}" to be ready', reasons=pods.problems(look.live))


def _deployment(look: Look) -> Verdict:
    metadata, status = look.live["metadata"], look.status
    if status.get("observedGeneration", 0) < metadata.get("generation", 1):
        return Verdict()
    revision = annotation(look.live, _REVISION)
    sets = look.owned("apps/v1", "ReplicaSet", look.live)
    current = next((item for item in sets if annotation(item, _REVISION) == revision), None)
    available = _condition(look.live, "Available")
    progressing = _condition(look.live, "Progressing")
    wanted = current["spec"].get("replicas", 1) if current else 1
    count = (current.get("status") or {}).get("readyReplicas", 0) if current else 0
    rolled = revision == "1" or (
        progressing.get("status") == "True"
        and progressing.get("reason") == "NewReplicaSetAvailable"
    )
    is_available = available.get("status") == "True"
    if current and is_available and rolled and count >= wanted:
        return Verdict(done=True)
    reasons = [
        f"[{condition['reason']}] {condition['message']}"
        for condition in (progressing, available)
        if condition.get("status") == "False"
    ]
    if not is_available:
        reasons.append("Minimum number of live Pods was not attained")
    elif revision == "1" or not rolled:
        words = "Minimum number of Pods to consider the application live was not attained"
        reasons.append(words)
    else:
        reasons.append(
            "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not "
            "become live"
        )
    for pod in look.owned("v1", "Pod", current) if current else []:
        reasons += pods.problems(pod)
    text = f"Waiting for app ReplicaSet to be available ({count}/{wanted} Pods available)"
    return Verdict(status=text, reasons=reasons)


def _stateful_set(look: Look) -> Verdict:
    spec, status = look.live["spec"], look.status
    wanted = spec.get("replicas", 1)
    observed = status.get("observedGeneration", 0) >= look.live["metadata"].get("generation", 1)
    count = status.get("readyReplicas", 0) if observed else 0
    same = status.get("currentRevision") == status.get("updateRevision")
    rolling = (spec.get("updateStrategy") or {}).get("type") != "OnDelete"
    if observed and count == wanted and (same or not rolling):
        return Verdict(done=True)
    reasons = []
    if count != wanted:
        reasons.append("Failed to observe the expected number of ready replicas")
    if not same:
        reasons.append(".status.currentRevision does not match .status.updateRevision")
    for pod in look.owned("v1", "Pod", look.live):
        reasons += pods.problems(pod)
    text = f"Waiting for StatefulSet to be ready ({count}/{wanted} Pods ready)"
    return Verdict(status=text, reasons=reasons)


def _service(look: Look) -> Verdict:
    spec = look.live.get("spec") or {}
    kind = spec.get("type", "ClusterIP")
    addressed = kind != "LoadBalancer" or bool(
        (look.status.get("loadBalancer") or {}).get("ingress")
    )
    if kind == "ExternalName" or spec.get("clusterIP") == "None":
        return Verdict(done=addressed, reasons=[] if addressed else [_NO_ADDRESS])
    found = look.cluster.get({**look.live, "apiVersion": "v1", "kind": "Endpoints"}) or {}
    version = found.get("metadata", {}).get("resourceVersion", "")
    if look.memory.get("version") != version:
        look.memory.update(version=version, since=time.monotonic())
    targeted = bool(found.get("subsets"))
    settled = look.memory.get("settled") or (
        version and time.monotonic() - look.memory["since"] >= _SETTLED_SECONDS
    )
    if addressed and targeted and settled:
        return Verdict(done=True)
    reasons = [] if targeted else [_NO_PODS]
    reasons += [] if addressed else [_NO_ADDRESS]
    text = "[1/3] Finding Pods to direct traffic to"
    if targeted and settled:
        text = "[2/3] Attempting to allocate IP address to Service"
    return Verdict(status=text, reasons=reasons)


_RULES: Mapping[tuple[str, str], Rule] = {
    ("apps/v1", "Deployment"): _deployment,
    ("apps/v1", "StatefulSet"): _stateful_set,
    ("batch/v1", "Job"): job,
    ("v1", "Pod"): _pod,
    ("v1", "Service"): _service,
}
