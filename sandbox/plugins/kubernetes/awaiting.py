"""Waiting until objects do their work, or are gone, with the published provider's words."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.base import Operation
from sandbox.plugins.kubernetes import pods
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.shape import annotation, short_name
from sandbox.plugins.operation import Cancelled, TimedOut

_POLL_SECONDS = 0.25
_FIRST_POLL_SECONDS = 0.05
"""Most objects are gone at once."""
_SETTLED_SECONDS = 10
"""How long a Service's endpoints must stay as they are."""
_REVISION = "deployment.kubernetes.io/revision"
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field "
    "'.spec.selector' may not match labels on any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


class NotReady(Exception):
    """The object is there, but does not do its work."""

    def __init__(self, summary: str, reasons: list[str], live: dict[str, Any]) -> None:
        super().__init__(summary)
        self.reasons = reasons
        self.live = live


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


def job_complete(job: Mapping[str, Any]) -> bool:
    """Whether a Job has done its work."""
    return _condition(job, "Complete").get("status") == "True"


def ready(
    op: Operation, cluster: Cluster, live: dict[str, Any], last: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the object once it does its work; raise NotReady when it will not."""
    rule = _RULES.get((live["apiVersion"], live["kind"]))
    if rule is None or _skipped(live):
        return live
    _limit(op, live)
    look, name = Look(cluster, live, last), live["metadata"]["name"]
    reasons: list[str] = []
    shown, version = "", ""
    while True:
        look.live = cluster.get(look.live) or look.live
        verdict = rule(look)
        for text in verdict.warnings:
            if text not in reasons:
                op.warn(text)
        reasons += [text for text in verdict.reasons if text not in reasons]
        if verdict.done:
            if shown:
                op.status("")
            return look.live
        if verdict.failed:
            summary = f"Resource '{name}' was created but failed to initialize"
            raise NotReady(summary, reasons, look.live)
        if verdict.status != shown:
            op.status(shown := verdict.status)
        if rule is _job and look.live["metadata"]["resourceVersion"] != version:
            # A Job's time starts anew with everything that happens to it.
            version, op.started = look.live["metadata"]["resourceVersion"], time.monotonic()
        try:
            op.sleep(_POLL_SECONDS)
        except TimedOut:
            summary = f"'{name}' timed out waiting to be Ready"
            raise NotReady(summary, verdict.reasons or reasons, look.live) from None
        except Cancelled:
            summary = f'Resource operation was cancelled for "{name}"'
            raise NotReady(summary, verdict.reasons or reasons, look.live) from None


def unready(op: Operation, cluster: Cluster, live: dict[str, Any]) -> NotReady | None:
    """Why the object does not do its work at this moment; None when it does."""
    rule = _RULES.get((live["apiVersion"], live["kind"]))
    if rule is None or _skipped(live):
        return None
    look = Look(cluster, live, live, {"settled": True})
    verdict = rule(look)
    if verdict.done:
        return None
    summary = f"Resource '{live['metadata']['name']}' was created but failed to initialize"
    return NotReady(summary, verdict.reasons, live)


def gone(
    op: Operation, cluster: Cluster, thing: Mapping[str, Any], state: Mapping[str, Any]
) -> None:
    """Return once the object is gone."""
    if _skipped(state):
        return
    _limit(op, state)
    shown, pause = "", _FIRST_POLL_SECONDS
    while (live := cluster.get(thing)) is not None:
        if live["metadata"].get("uid") != state["metadata"].get("uid", live["metadata"]["uid"]):
            return
        status = _deletion_status(live)
        if status != shown:
            op.status(shown := status)
        try:
            op.sleep(pause)
            pause = min(2 * pause, _POLL_SECONDS)
        except TimedOut:
            if finalizers := live["metadata"].get("finalizers"):
                op.warn(f"finalizers might be preventing deletion ({', '.join(finalizers)})")
            raise TimedOut(
                f"'{live['metadata']['name']}' timed out waiting to be deleted"
            ) from None


def _deletion_status(live: Mapping[str, Any]) -> str:
    for condition in (live.get("status") or {}).get("conditions") or []:
        waiting = condition["type"] in ("NamespaceContentRemaining", "NamespaceFinalizersRemaining")
        if waiting and condition["status"] == "True":
            return condition["message"]
    return "Resource scheduled for deletion"


def _skipped(thing: Mapping[str, Any]) -> bool:
    return annotation(thing, "pulumi.com/skipAwait") == "true"


def _limit(op: Operation, thing: Mapping[str, Any]) -> None:
    """The program's custom time-out, else the annotation's, else what the kind has."""
    seconds = annotation(thing, "pulumi.com/timeoutSeconds")
    if seconds and not op.custom_timeout:
        op.timeout = float(seconds)


def _condition(thing: Mapping[str, Any], kind: str) -> dict[str, Any]:
    conditions = (thing.get("status") or {}).get("conditions") or []
    return next((item for item in conditions if item["type"] == kind), {})


def _job(look: Look) -> Verdict:
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
    ("batch/v1", "Job"): _job,
    ("v1", "Pod"): _pod,
    ("v1", "Service"): _service,
}
