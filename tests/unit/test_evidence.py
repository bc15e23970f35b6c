"""Why pods are not ready: one line for each distinct cause, as Kubernetes reports it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.coder.aftercheck import warnings
from components.kubernetes.causes import Cause, Kind
from components.kubernetes.client import Cluster, ClusterError, Object
from components.kubernetes.evidence import job_causes, pod_causes, reasons, service_reasons
from components.kubernetes.job_settings import COMPONENT
from components.kubernetes.optional_reads import OptionalReads
from tests.unit.cluster import API, PretendCluster

APPS = "/apis/apps/v1/namespaces"
BATCH = "/apis/batch/v1/namespaces"
IMAGE = "registry.example.com/postgres:17.6"
LABELS = {"app": "coder"}
QUOTA = (
    'Error creating: pods "coder-6d8f-x7k2p" is forbidden: exceeded quota: team, requested: '
    "limits.cpu=2, used: limits.cpu=7, limited: limits.cpu=8"
)
PULL = (
    f'Failed to pull image "{IMAGE}": rpc error: code = NotFound desc = failed to pull and unpack '
    f'image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found'
)


@pytest.fixture
def pretended(kubeconfig: Path) -> Iterator[PretendCluster]:
    cluster = PretendCluster()
    with cluster.serving(kubeconfig):
        yield cluster


def pod(
    name: str = "coder-1",
    *,
    state: Object | None = None,
    last: Object | None = None,
    ready: bool = False,
    spec: Object | None = None,
    kind: str = "containers",
    **status: Any,
) -> dict[str, Any]:
    """A pod with one container in that state."""
    container = {"name": "coder", "image": IMAGE}
    reported = {"name": "coder", "ready": ready, "state": state or {}, "lastState": last or {}}
    statuses = "containerStatuses" if kind == "containers" else "initContainerStatuses"
    return {
        "metadata": {"namespace": "coder", "name": name, "uid": f"uid-{name}", "labels": LABELS},
        "spec": {kind: [container], **(spec or {})},
        "status": {statuses: [reported], **status},
    }


def add(pretended: PretendCluster, found: dict[str, Any]) -> None:
    pretended.add("coder", "pods", found["metadata"]["name"], **found)


def event(
    pretended: PretendCluster, uid: str, reason: str, message: str, minute: int = 0, **fields: Any
) -> None:
    """An event of the object with this uid."""
    fields = {"type": "Warning", "lastTimestamp": f"2026-01-02T03:{minute:02}:00Z"} | fields
    about = {"uid": uid}
    name = f"event-{len(pretended.objects)}"
    pretended.add(
        "coder", "events", name, involvedObject=about, reason=reason, message=message, **fields
    )


def causes(found: dict[str, Any]) -> list[Cause]:
    return list(pod_causes(OptionalReads(Cluster("")), [found]))


def condition(type: str, status: str, message: str = "") -> Object:
    return {"type": type, "status": status, "message": message, "reason": "Because"}


def replica_set(pretended: PretendCluster, name: str, message: str) -> None:
    failure = {"conditions": [condition("ReplicaFailure", "True", message)]}
    metadata = {"uid": name, "labels": LABELS}
    pretended.add("coder", "replicasets", name, api=APPS, metadata=metadata, status=failure)


def test_a_quota_that_rejects_pods_is_named_without_the_pods_name(
    pretended: PretendCluster,
) -> None:
    replica_set(pretended, "coder-6d8f", QUOTA)
    replica_set(pretended, "coder-7e9a", QUOTA.replace("x7k2p", "9f2tq"))
    assert reasons(Cluster(""), "coder", "app=coder") == [
        "no pod can be created: exceeded quota: team, requested: limits.cpu=2, used: limits.cpu=7, "
        "limited: limits.cpu=8"
    ]


def test_reasons_begin_with_the_most_telling_one(pretended: PretendCluster) -> None:
    add(pretended, pod("coder-1", conditions=[condition("PodScheduled", "False", "no room")]))
    add(pretended, pod("coder-2", state={"waiting": {"reason": "ErrImagePull", "message": PULL}}))
    replica_set(pretended, "coder-6d8f", QUOTA)
    lines = reasons(Cluster(""), "coder", "app=coder")
    assert [line.partition(" ")[0] for line in lines] == ["no", "image", "no"]
    assert lines[2] == "no node can run a pod: no room"


@pytest.mark.parametrize(
    ("message", "permanent"),
    [
        ('pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot', True),
        ('pods "x" is forbidden: failed quota: team: must specify limits.cpu for: job', True),
        (QUOTA, False),
        ('admission webhook "policy.example.com" denied the request: no label', True),
        ("ValidatingAdmissionPolicy 'labels' with binding 'all' denied request: no label", True),
        ('pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2', True),
        ('failed calling webhook "policy.example.com": connection refused', False),
    ],
)
def test_a_job_without_a_pod_has_the_controllers_event(
    pretended: PretendCluster, message: str, permanent: bool
) -> None:
    job = {"metadata": {"namespace": "coder", "name": "preflight", "uid": "uid-job"}}
    event(pretended, "uid-job", "FailedCreate", "an older one", 1)
    event(pretended, "uid-job", "FailedCreate", f"Error creating: {message}", 2)
    (cause,) = job_causes(Cluster(""), job)
    text = message.partition(" is forbidden: ")[2] or message
    text = text.partition(" is forbidden: ")[2] or text
    assert cause == Cause(Kind.CREATION, f"no pod can be created: {text}", permanent)


def test_a_job_whose_pod_exists_was_able_to_create_it(pretended: PretendCluster) -> None:
    job = {"metadata": {"namespace": "coder", "name": "preflight", "uid": "uid-job"}}
    event(pretended, "uid-job", "FailedCreate", QUOTA)
    found = pod(state={"running": {}}, phase="Running")
    found["metadata"]["labels"] = {"batch.kubernetes.io/job-name": "preflight"}
    add(pretended, found)
    assert job_causes(Cluster(""), job) == []


def test_an_evicted_pod_does_not_hide_why_the_next_one_cannot_be_created(
    pretended: PretendCluster,
) -> None:
    job = {"metadata": {"namespace": "coder", "name": "preflight", "uid": "uid-job"}}
    found = pod(phase="Failed", conditions=[condition("DisruptionTarget", "True", "drained")])
    found["metadata"]["labels"] = {"batch.kubernetes.io/job-name": "preflight"}
    add(pretended, found)
    event(pretended, "uid-job", "FailedCreate", QUOTA, 1)
    event(pretended, "uid-job", "SuccessfulCreate", "Created pod: coder-1", 2, type="Normal")
    kinds = [each.kind for each in job_causes(Cluster(""), job)]
    assert kinds == [Kind.EVICTION], "what was refused before the pod was created has passed"
    event(pretended, "uid-job", "FailedCreate", QUOTA, 3)
    kinds = [each.kind for each in job_causes(Cluster(""), job)]
    assert kinds == [Kind.CREATION, Kind.EVICTION]


def test_pods_that_are_ready_or_deleted_or_done_have_no_cause(pretended: PretendCluster) -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": PULL}}
    assert causes(pod(state=waiting)) != []
    assert causes(pod(state=waiting, conditions=[condition("Ready", "True")])) == []
    assert causes(pod(state=waiting, phase="Succeeded")) == []
    deleted = pod(state=waiting)
    deleted["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:00Z"
    assert causes(deleted) == []


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        (f"{IMAGE}: not found", True),
        ("pull access denied, repository does not exist or may require authorization", True),
        ("unexpected status from HEAD request to https://r.example.com: 401 Unauthorized", True),
        ("reading manifest 17.6 in registry.example.com/postgres: manifest unknown", True),
        ("429 Too Many Requests - toomanyrequests: You have reached your pull rate limit", False),
        ("dial tcp: lookup registry.example.com: no such host", False),
    ],
)
def test_an_image_that_cannot_be_pulled_has_the_registrys_answer(
    pretended: PretendCluster, answer: str, permanent: bool
) -> None:
    prefix = PULL.removesuffix(f"{IMAGE}: not found")
    event(pretended, "uid-coder-1", "Failed", prefix + answer, 1)
    event(pretended, "uid-coder-1", "Failed", "Error: ImagePullBackOff", 2)
    backoff = {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{IMAGE}"'}
    text = f"image {IMAGE} can't be pulled: {answer}"
    assert causes(pod(state={"waiting": backoff})) == [Cause(Kind.IMAGE, text, permanent)]


def test_an_image_without_an_event_has_the_message_of_its_state(pretended: PretendCluster) -> None:
    message = f'Back-off pulling image "{IMAGE}": ErrImagePull: {PULL}'
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": message}}
    expected = f"image {IMAGE} can't be pulled: {IMAGE}: not found"
    assert causes(pod(state=waiting)) == [Cause(Kind.IMAGE, expected, permanent=True)]


def test_a_pod_without_a_node_has_the_schedulers_message(pretended: PretendCluster) -> None:
    message = (
        "0/2 nodes are available: 2 node(s) had untolerated taint {team: a}. preemption: 0/2 nodes "
        "are available: 2 Preemption is not helpful for scheduling."
    )
    (cause,) = causes(pod(conditions=[condition("PodScheduled", "False", message)]))
    assert cause.kind is Kind.SCHEDULING
    assert cause.text == (
        "no node can run a pod: 0/2 nodes are available: 2 node(s) had untolerated taint {team: a}."
    )


TAINTED = "0/2 nodes are available: 2 node(s) had untolerated taint(s)."
TAINTS = (
    {"key": "team", "value": "a", "effect": "NoSchedule"},
    {"key": "spot", "effect": "NoExecute"},
    {"key": "slow", "effect": "PreferNoSchedule"},
)


def tainted(pretended: PretendCluster, *tolerations: Object) -> list[str]:
    """The causes of a pod with these tolerations, where all nodes have the taints."""
    node = {"metadata": {"name": "a"}, "spec": {"taints": TAINTS}}
    fresh = {"metadata": {"name": "b"}, "spec": {}}
    pretended.objects["/api/v1/nodes"] = {"items": [node, fresh, node]}
    message = f"{TAINTED} preemption: 0/2 nodes are available: 2 Preemption is not helpful."
    waiting = condition("PodScheduled", "False", message)
    found = causes(pod(conditions=[waiting], spec={"tolerations": tolerations}))
    return [each.text.removeprefix("no node can run a pod: ") for each in found]


@pytest.mark.parametrize(
    ("tolerations", "left"),
    [
        ([], "spot:NoExecute, team=a:NoSchedule"),
        ([{"key": "team", "operator": "Exists"}], "spot:NoExecute"),
        ([{"key": "team", "value": "a", "effect": "NoSchedule"}], "spot:NoExecute"),
        ([{"key": "team", "value": "b"}], "spot:NoExecute, team=a:NoSchedule"),
        ([{"operator": "Exists", "effect": "NoExecute"}], "team=a:NoSchedule"),
    ],
)
def test_the_taints_that_a_pod_does_not_tolerate_are_named(
    pretended: PretendCluster, tolerations: list[Object], left: str
) -> None:
    assert tainted(pretended, *tolerations) == [f"{TAINTED} The nodes have {left}"]


def test_the_schedulers_message_is_enough_where_nodes_may_not_be_read(
    pretended: PretendCluster,
) -> None:
    assert tainted(pretended, {"operator": "Exists"}) == [TAINTED], "others may have been added"
    pretended.status["/api/v1/nodes"] = 403
    reads = OptionalReads(Cluster(""))
    waiting = pod(conditions=[condition("PodScheduled", "False", TAINTED)])
    assert [each.text for each in pod_causes(reads, [waiting])] == [
        f"no node can run a pod: {TAINTED}"
    ]
    assert "the credentials may not read nodes" in reads.missing()[0].text


def test_a_volume_is_named_only_while_nothing_newer_happens(pretended: PretendCluster) -> None:
    creating = pod(state={"waiting": {"reason": "ContainerCreating"}}, phase="Pending")
    message = 'MountVolume.SetUp failed for volume "login" : secret "login" not found'
    event(pretended, "uid-coder-1", "FailedMount", message, 1)
    text = f"a pod can't be prepared on its node: {message}"
    assert causes(creating) == [Cause(Kind.VOLUME, text)]
    event(pretended, "uid-coder-1", "Pulling", "Pulling image", 2, type="Normal")
    assert causes(creating) == []


@pytest.mark.parametrize(
    ("reason", "message", "permanent"),
    [
        ("CreateContainerConfigError", 'secret "coder-db" not found', False),
        ("CreateContainerConfigError", "container has runAsNonRoot and image will run as", True),
    ],
)
def test_a_container_that_cannot_be_started_is_named(
    pretended: PretendCluster, reason: str, message: str, permanent: bool
) -> None:
    waiting = {"waiting": {"reason": reason, "message": message}}
    text = f"container coder can't be started: {message}"
    assert causes(pod(state=waiting)) == [Cause(Kind.START, text, permanent)]


def test_an_image_without_a_shell_is_a_container_that_cannot_be_started(
    pretended: PretendCluster,
) -> None:
    message = 'exec: "/bin/sh": stat /bin/sh: no such file or directory'
    ended = {"terminated": {"reason": "StartError", "exitCode": 128, "message": message}}
    text = f"container coder can't be started: {message}"
    assert causes(pod(state=ended, phase="Failed")) == [Cause(Kind.START, text, permanent=True)]


def test_a_crash_has_the_containers_last_message(pretended: PretendCluster) -> None:
    ended = {"terminated": {"reason": "Error", "exitCode": 3, "message": "no\n  licence\n"}}
    back_off = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}}
    text = "container coder ended with exit code 3: no licence"
    assert causes(pod(state=back_off, last=ended)) == [Cause(Kind.END, text)]
    assert causes(pod(state={"running": {}}, last=ended, ready=True)) == []


@pytest.mark.parametrize(("state", "previous"), [("running", True), ("waiting", False)])
def test_a_crash_without_a_message_has_the_end_of_the_log_without_passwords(
    pretended: PretendCluster, state: str, previous: bool
) -> None:
    ended = {"terminated": {"reason": "Error", "exitCode": 1}}
    log = 'connect:\n\n  parse "postgres://bob:g1v3n:/@canary@db/coder": invalid port\n'
    pretended.add("coder", "pods", "coder-1/log", text=log)
    (cause,) = causes(pod(state={state: {"reason": "CrashLoopBackOff"}}, last=ended))
    assert cause.text == (
        "container coder ended with exit code 1: connect: / parse "
        '"postgres://bob:…@db/coder": invalid port'
    )
    assert pretended.queries[-1] == {
        "container": ["coder"],
        "tailLines": ["3"],
        **({"previous": ["true"]} if previous else {}),
    }


def test_a_log_that_cannot_be_read_costs_only_the_message(pretended: PretendCluster) -> None:
    pretended.status[f"{API}/coder/pods/coder-1/log"] = 403
    ended = {"terminated": {"reason": "Error", "exitCode": 1}}
    (cause,) = causes(pod(state=ended))
    assert cause.text == "container coder ended with exit code 1"


def test_a_container_without_memory_is_named(pretended: PretendCluster) -> None:
    ended = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
    (cause,) = causes(pod(state=ended))
    assert cause.text == "container coder was killed: it used more memory than its limit"


def test_init_containers_are_told_from_others(pretended: PretendCluster) -> None:
    running = pod(state={"running": {}}, kind="initContainers")
    assert causes(running) == [Cause(Kind.INIT, "init container coder has not finished")]
    ended = {"terminated": {"exitCode": 1, "message": "migration 7 failed"}}
    failed = pod(state=ended, kind="initContainers")
    text = "init container coder ended with exit code 1: migration 7 failed"
    assert causes(failed) == [Cause(Kind.END, text)]
    sidecar = pod(state={"running": {}}, kind="initContainers")
    sidecar["spec"]["initContainers"][0]["restartPolicy"] = "Always"
    assert causes(sidecar) == []


def test_a_sidecar_that_keeps_a_jobs_pod_running_is_named(pretended: PretendCluster) -> None:
    found = pod(state={"terminated": {"exitCode": 0}}, phase="Running")
    found["spec"]["restartPolicy"] = "Never"
    found["spec"]["containers"].append({"name": "istio-proxy"})
    found["status"]["containerStatuses"].append({"name": "istio-proxy", "state": {"running": {}}})
    text = "container coder has ended, but istio-proxy keeps the pod running"
    assert causes(found) == [Cause(Kind.SIDECAR, text, permanent=True)]


def test_a_probe_that_fails_is_named(pretended: PretendCluster) -> None:
    message = "Readiness probe failed: Get http://10.0.0.7:8080/healthz: connection refused"
    event(pretended, "uid-coder-1", "Unhealthy", message)
    found = pod(state={"running": {}}, phase="Running")
    assert causes(found) == [Cause(Kind.PROBE, message)]


def test_an_evicted_pod_is_named(pretended: PretendCluster) -> None:
    message = "Eviction API: evicting"
    (cause,) = causes(
        pod(phase="Failed", conditions=[condition("DisruptionTarget", "True", message)])
    )
    assert cause == Cause(Kind.EVICTION, f"a pod was evicted: {message}")


def test_a_service_without_an_address_has_the_warnings_of_its_controller(
    pretended: PretendCluster,
) -> None:
    def said() -> list[str]:
        return service_reasons(Cluster(""), "coder", "coder")

    assert said() == ["there is no Service coder/coder"]
    pretended.add("coder", "services", "coder", metadata={"uid": "uid-service"}, spec={})
    assert said() == ["no controller answers"]
    spec = {"loadBalancerClass": "example.com/none"}
    pretended.add("coder", "services", "coder", metadata={"uid": "uid-service"}, spec=spec)
    assert said() == ["no controller answers for loadBalancerClass example.com/none"]
    event(pretended, "uid-service", "EnsuringLoadBalancer", "Ensuring", 1, type="Normal")
    assert said() == []
    for minute in (2, 3):
        event(pretended, "uid-service", "SyncLoadBalancerFailed", "no suitable\nsubnets", minute)
    event(pretended, "uid-service", "SyncLoadBalancerFailed", "quota", 4)
    event(pretended, "uid-service", "Untyped", "an event needs no type", 5)
    [*_, untyped] = pretended.objects.values()
    del untyped["type"]
    assert said() == ["quota", "no suitable subnets"]


def test_credentials_that_may_not_read_events_cost_only_what_the_events_say(
    pretended: PretendCluster,
) -> None:
    pretended.status[f"{API}/coder/events"] = 403
    unknown = "why pods are not ready is not fully known: the credentials may not read events"
    waiting = {"waiting": {"reason": "ErrImagePull", "message": PULL}}
    found = pod(state=waiting)
    found["metadata"]["labels"] = {**LABELS, "batch.kubernetes.io/job-name": "preflight"}
    add(pretended, found)
    image = f"image {IMAGE} can't be pulled: {IMAGE}: not found"
    assert reasons(Cluster(""), "coder", "app=coder") == [image, unknown]
    job = {"metadata": {"namespace": "coder", "name": "preflight", "uid": "uid-job"}}
    assert [each.text for each in job_causes(Cluster(""), job)] == [image, unknown]
    pretended.add("coder", "services", "coder", metadata={"uid": "uid-service"}, spec={})
    said = service_reasons(Cluster(""), "coder", "coder")
    assert said == ["the credentials may not read its events"]


def test_all_that_may_not_be_read_is_one_line(pretended: PretendCluster) -> None:
    pretended.status[f"{APPS}/coder/replicasets"] = 403
    pretended.status[f"{API}/coder/events"] = 403
    pretended.status[f"{API}/coder/pods/coder-1/log"] = 403
    add(pretended, pod(state={"terminated": {"reason": "Error", "exitCode": 1}}))
    assert reasons(Cluster(""), "coder", "app=coder") == [
        "container coder ended with exit code 1",
        "why pods are not ready is not fully known: the credentials may not read events, pods/log, "
        "replicasets",
    ]
    assert warnings(Cluster(""), "coder") == [], "no after-check is running"
    metadata = {"name": "check", "uid": "uid-check", "labels": {COMPONENT: "aftercheck"}}
    pretended.add("coder", "pods", "check", metadata=metadata, status={"phase": "Running"})
    pretended.status[f"{API}/coder/pods/check/log"] = 403
    assert warnings(Cluster(""), "coder") == [
        "why pods are not ready is not fully known: the credentials may not read pods/log"
    ]


def test_a_cluster_that_does_not_answer_once_is_asked_again(
    pretended: PretendCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = Cluster("")
    cluster.service("coder", "coder")
    with monkeypatch.context() as patch:
        patch.setattr(
            "components.kubernetes.api.Api._ask",
            lambda *_: (_ for _ in ()).throw(ClusterError("x")),
        )
        with pytest.raises(ClusterError):
            cluster.service("coder", "coder")
    assert cluster.service("coder", "coder") is None
