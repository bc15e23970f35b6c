"""Why pods are not ready, and why a LoadBalancer Service has no address: from states and events."""

import re
from collections.abc import Iterable, Iterator

from components.kubernetes import containers, taints
from components.kubernetes.causes import Cause, Kind
from components.kubernetes.client import Cluster, Forbidden, Object
from components.kubernetes.optional_reads import OptionalReads
from components.kubernetes.pods import is_ready

PREPARATION_EVENTS = ("FailedMount", "FailedAttachVolume", "FailedCreatePod")
"""How the kubelet's failures begin before it starts a pod's first container."""
ENDED = ("Failed", "Succeeded")
REFUSED_AGAIN = re.compile(
    "violates PodSecurity|failed quota|denied (the )?request|per (Container|Pod) is"
)
"""Each attempt to create the same pod is refused so; a quota is free again when other pods end."""


def reasons(cluster: Cluster, namespace: str, selector: str) -> list[str]:
    """Why pods of ReplicaSets with these labels are not ready: a line for each distinct cause."""
    reads, found = OptionalReads(cluster), list[Cause]()
    for owner in reads.replica_sets(namespace, selector):
        found += _refused_replicas(owner)
    found += pod_causes(reads, cluster.pods(namespace, selector))
    found += reads.missing()
    return list(dict.fromkeys(each.text for each in sorted(found)))


def job_causes(cluster: Cluster, job: Object) -> list[Cause]:
    """Why the Job's pod is not running, the most telling first."""
    namespace, name = job["metadata"]["namespace"], job["metadata"]["name"]
    reads, pods = OptionalReads(cluster), cluster.job_pods(namespace, name)
    active = [pod for pod in pods if pod.get("status", {}).get("phase") not in ENDED]
    found = [] if active else list(_refused_pods(reads, job))
    found += pod_causes(reads, pods)
    return sorted({*found, *reads.missing()})


def service_reasons(cluster: Cluster, namespace: str, name: str) -> list[str]:
    """Why a LoadBalancer Service has no address, the newest first."""
    service = cluster.service(namespace, name)
    if service is None:
        return [f"there is no Service {namespace}/{name}"]
    try:
        events = cluster.events(namespace, service["metadata"]["uid"])
    except Forbidden:
        return ["the credentials may not read its events"]
    if warnings := [_said(event) for event in reversed(events) if event.get("type") == "Warning"]:
        return list(dict.fromkeys(warnings))
    if events:
        return []
    chosen = service["spec"].get("loadBalancerClass")
    return ["no controller answers" + (f" for loadBalancerClass {chosen}" if chosen else "")]


def pod_causes(reads: OptionalReads, pods: Iterable[Object]) -> Iterator[Cause]:
    """Why these pods are not ready; the ones that are, or that are being deleted, have no cause."""
    for pod in pods:
        status, metadata = pod.get("status", {}), pod["metadata"]
        conditions = {each["type"]: each for each in status.get("conditions") or ()}
        disruption = conditions.get("DisruptionTarget", {})
        if disruption.get("status") == "True":
            yield Cause(Kind.EVICTION, f"a pod was evicted: {_said(disruption)}")
        elif "deletionTimestamp" in metadata or status.get("phase") == "Succeeded" or is_ready(pod):
            continue
        elif (scheduled := conditions.get("PodScheduled", {})).get("status") == "False":
            yield _unscheduled(reads, pod, _said(scheduled))
        else:
            yield from _started_pod(reads, pod)


def _unscheduled(reads: OptionalReads, pod: Object, message: str) -> Cause:
    # The second half says only that no other pod can be evicted for this one.
    text = message.partition(" preemption: ")[0]
    if taints.REASON in text and (found := taints.untolerated(pod, reads.nodes)):
        text = f"{text} The nodes have {', '.join(found)}"
    return Cause(Kind.SCHEDULING, f"no node can run a pod: {text}")


def _started_pod(reads: OptionalReads, pod: Object) -> Iterator[Cause]:
    """The causes of a pod that has a node."""
    metadata, status = pod["metadata"], pod.get("status", {})
    events = reads.events(metadata["namespace"], metadata["uid"])
    states = containers.states(pod)
    failed = False
    for state in states:
        if problem := containers.image_problem(state, events):
            yield Cause(Kind.IMAGE, *problem)
        elif problem := containers.start_problem(state):
            yield Cause(Kind.START, *problem)
        elif killed := containers.memory_problem(state):
            yield Cause(Kind.MEMORY, killed)
        elif ended := containers.end_problem(reads, pod, state):
            yield Cause(Kind.END, ended)
        else:
            continue
        failed = True
    newest = events[-1] if events else {}
    if failed:
        return
    if newest.get("reason", "").startswith(PREPARATION_EVENTS):
        # An older event of this kind has passed: the kubelet reports what it does next.
        yield Cause(Kind.VOLUME, f"a pod can't be prepared on its node: {_said(newest)}")
    elif sidecar := containers.unfinished_sidecar(pod, states):
        yield Cause(Kind.SIDECAR, sidecar, permanent=True)
    elif waiting := containers.unfinished_init(states):
        yield Cause(Kind.INIT, f"init container {waiting} has not finished")
    elif status.get("phase") == "Running" and newest.get("reason") == "Unhealthy":
        yield Cause(Kind.PROBE, _said(newest))


def _refused_replicas(owner: Object) -> Iterator[Cause]:
    for condition in owner.get("status", {}).get("conditions") or ():
        if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
            yield _refused(_said(condition))


def _refused_pods(reads: OptionalReads, job: Object) -> Iterator[Cause]:
    metadata = job["metadata"]
    for event in reversed(reads.events(metadata["namespace"], metadata["uid"])):
        if event.get("reason") == "FailedCreate":
            yield _refused(_said(event))
        if event.get("reason") in ("FailedCreate", "SuccessfulCreate"):
            return  # What was refused before a pod was created has passed.


def _refused(message: str) -> Cause:
    """Why a pod can't be created, without the words that name the pod."""
    _, _, said = message.partition(" is forbidden: ")
    text = said or message.removeprefix("Error creating: ")
    return Cause(Kind.CREATION, f"no pod can be created: {text}", bool(REFUSED_AGAIN.search(text)))


def _said(found: Object) -> str:
    return " ".join(str(found.get("message") or found.get("reason") or "no reason").split())
