"""An update waits for Coder's rollout and says what it waits for; Helm rolls nothing back."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pulumi
import pytest

from components.coder import load_balancer, rollout, rollout_reader, rollout_wait
from components.coder.rollout import Rollout
from components.kubernetes import evidence
from components.kubernetes.client import Cluster, ClusterError, Forbidden
from tests.unit.pretend import Engine, deploy, deployed, refused, rolled_out
from tests.unit.stacks import made

HASH = "pod-template-hash"


def changed(found: dict[str, Any], **status: Any) -> dict[str, Any]:
    return found | {"status": found["status"] | status}


def progressing(**status: Any) -> dict[str, Any]:
    """A Deployment of one pod whose rollout has begun."""
    condition = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
    begun = {"replicas": 2, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    return changed(rolled_out(1), conditions=[condition], **{**begun, **status})


def pod(name: str, *, seconds: float | None = None, container: str = "coderd") -> dict[str, Any]:
    """A pod that is not ready, whose container has run for so long."""
    state: dict[str, Any] = {"waiting": {"reason": "ImagePullBackOff"}}
    if seconds is not None:
        begun = datetime.now(UTC) - timedelta(seconds=seconds)
        state = {"running": {"startedAt": begun.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    kind = "containerStatuses" if container == "coderd" else "initContainerStatuses"
    status = {"phase": "Pending", kind: [{"name": container, "state": state}]}
    return {"metadata": {"name": name}, "status": status}


class Rolling(Engine):
    """A cluster whose Deployment changes with each look; the last one stays."""

    def __init__(self, *looks: Any, pods: Iterable[dict[str, Any]] = ()) -> None:
        super().__init__()
        self.looks = list(looks)
        self.new_pods = list(pods)
        self.selectors: list[str] = []
        self.registered: set[str] = set()
        """What was registered before the rollout was complete."""
        self.service_reads = self.early_service_reads = 0

    def deployment(self, namespace: str, name: str) -> Any:
        found = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if found is not None and not isinstance(found, Exception) and len(self.looks) > 1:
            self.registered = set(self.names)
            self.early_service_reads = self.service_reads
        if isinstance(found, Exception):
            raise found
        return found

    def service(self, namespace: str, name: str) -> Any:
        self.service_reads += 1
        return super().service(namespace, name)

    def replica_sets(self, namespace: str, selector: str) -> list[Any]:
        return [
            {"metadata": {"annotations": {rollout.REVISION: revision}, "labels": {HASH: value}}}
            for revision, value in (("0", "old"), ("1", "new"))
        ]

    def pods(self, namespace: str, selector: str) -> list[Any]:
        self.selectors.append(selector)
        return self.new_pods if HASH in selector else []


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by one second each time it is read, and no pause."""
    ticks = itertools.count()
    for module in (rollout_wait, rollout_reader):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
        monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(load_balancer, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(evidence, "reasons", lambda *_: [])


def because(monkeypatch: pytest.MonkeyPatch, *causes: str, looks: int = 1000) -> list[str]:
    """Let the cluster give these causes, for so many looks; returns the selectors asked for."""
    asked: list[str] = []

    def reasons(cluster: Cluster, namespace: str, selector: str) -> list[str]:
        asked.append(selector)
        return list(causes) if len(asked) <= looks else []

    monkeypatch.setattr(evidence, "reasons", reasons)
    return asked


def lines(engine: Engine, words: str) -> list[str]:
    return [line for line in engine.warned if words in line]


@pytest.mark.parametrize(
    ("status", "complete"),
    [
        ({}, True),
        ({"observedGeneration": 0}, False),
        ({"updatedReplicas": 1}, False),
        ({"updatedReplicas": 1, "replicas": 1, "availableReplicas": 1}, False),
        ({"replicas": 3}, False),
        ({"availableReplicas": 1}, False),
    ],
)
def test_a_rollout_is_complete_as_for_kubectl(status: dict[str, int], complete: bool) -> None:
    assert Rollout(deployment=changed(rolled_out(2), **status)).complete is complete


def test_the_release_is_applied_without_waiting_and_never_rolled_back() -> None:
    release = deployed(made()).named("coder-release").plain
    assert release["skipAwait"] is True
    assert release["atomic"] is False
    assert release["cleanupOnFail"] is False


def test_an_update_that_changes_nothing_looks_once_for_each_of_its_parts() -> None:
    engine = Rolling(rolled_out(1))
    deploy(made(), engine=engine)
    assert not engine.selectors, "no pod is looked at"
    assert "Waiting for Coder" not in "".join(engine.said)


def test_an_update_waits_until_the_rollout_is_complete() -> None:
    behind = changed(rolled_out(1), observedGeneration=0)
    engine = Rolling(behind, progressing(), progressing(), rolled_out(1), pods=[pod("coderd-new")])
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.names
    assert set(engine.selectors) >= {f"app=coderd,{HASH}=new"}, "the newest ReplicaSet's pods"
    [line, *_] = [line for line in engine.said if line.startswith("Waiting for Coder (")]
    assert line.endswith(
        "of 900 s): 0 of 1 pod(s) ready; pod coderd-new is Pending; 1 pod(s) of the former "
        "version still serve"
    )


def test_the_aftercheck_runs_beside_the_wait_once_coder_must_have_a_session() -> None:
    migrates = [pod("coderd-new", seconds=30, container="migrations")]
    engine = Rolling(*[progressing()] * 40, rolled_out(1), pods=migrates)
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.registered
    assert engine.service_reads
    assert not engine.early_service_reads, "there may be no address yet"
    waiting = Rolling(*[progressing()] * 40, rolled_out(1), pods=[pod("coderd-new", seconds=3)])
    deploy(made(), engine=waiting)
    assert "coder-aftercheck" not in waiting.registered, "it would blame the database"
    assert "coder-aftercheck" in waiting.names


def test_causes_are_looked_for_without_the_right_to_read_replica_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refusing(Rolling):
        def replica_sets(self, namespace: str, selector: str) -> list[Any]:
            raise Forbidden("the cluster refuses to show it: no")

    asked = because(monkeypatch, "image none:1 can't be pulled: not found")
    with pytest.raises(pulumi.RunError, match="image none:1 can't be pulled: not found"):
        deploy(made(rolloutTimeoutSeconds=100), engine=Refusing(progressing()))
    assert set(asked) == {"app=coderd"}


def test_the_limit_ends_the_wait_with_its_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = because(monkeypatch, "image none:1 can't be pulled: not found")
    engine = Rolling(progressing(), pods=[pod("coderd-new")])
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(rolloutTimeoutSeconds=100), engine=engine)
    first, cause, advice = str(error.value).splitlines()
    assert first.startswith("Coder's rollout is not complete after 1")
    assert "s (rolloutTimeoutSeconds): Deployment coder/coderd: 0 of 1 pod(s) ready" in first
    assert cause == "- image none:1 can't be pulled: not found"
    assert advice.startswith("The former version still serves with 1 pod(s). Nothing was rolled")
    assert "`kubectl -n coder describe deployment,pods`" in advice
    assert set(asked) == {f"app=coderd,{HASH}=new"}
    assert not engine.service_reads
    said = "Coder is not ready yet: image none:1 can't be pulled: not found"
    assert lines(engine, "not ready yet") == [said], "once"


def test_a_former_pod_that_cannot_start_again_is_told() -> None:
    lost = changed(progressing(), readyReplicas=0)
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(rolloutTimeoutSeconds=100), engine=Rolling(lost, pods=[pod("coderd-new")]))
    assert (
        str(error.value)
        .splitlines()[1]
        .startswith(
            "No pod of the former version serves any more; if the new version has migrated the "
            "database, none can start again. Nothing was rolled back. "
        )
    )
    first = changed(lost, replicas=1, availableReplicas=0)
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(rolloutTimeoutSeconds=100), engine=Rolling(first, pods=[pod("coderd-new")]))
    assert "former version" not in str(error.value)


def test_a_cause_that_passes_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    because(monkeypatch, "probe failed", looks=1)
    engine = Rolling(*[progressing()] * 60, rolled_out(1), pods=[pod("coderd-new")])
    deploy(made(), engine=engine)
    assert not lines(engine, "not ready yet")


def test_what_blocks_a_migration_is_read_from_the_running_aftercheck(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocked = "Coder's session 7 has waited 6 s for a lock that session 8 holds"
    log = ["Warning: an older line", "Waiting", f"Warning: {blocked}", "Waiting"]
    read: list[Any] = []

    def last_log_lines(_: Cluster, *where: str, **options: Any) -> list[str]:
        read.append(where)
        return log

    monkeypatch.setattr(Cluster, "last_log_lines", last_log_lines)
    engine = Rolling(progressing(), pods=[pod("coderd-new", seconds=30, container="migrations")])
    engine.pods = lambda namespace, selector: (
        [{"metadata": {"name": "coder-aftercheck-x"}, "status": {"phase": "Running"}}]
        if selector == "app.kubernetes.io/component=aftercheck"
        else engine.new_pods
    )
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(rolloutTimeoutSeconds=60), engine=engine)
    assert f"\n- {blocked}\n" in str(error.value)
    assert lines(engine, "not ready yet") == [f"Coder is not ready yet: {blocked}"]
    assert set(read) == {("coder", "coder-aftercheck-x", "job")}


def test_a_cluster_that_does_not_answer_for_a_while_does_not_end_the_wait() -> None:
    engine = Rolling(progressing(), ClusterError("no route"), progressing(), rolled_out(1))
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.names
    assert lines(engine, "no route") == [
        "Waiting for Coder: what Coder does now is unknown: no route"
    ]


def test_a_cluster_that_stays_silent_is_named_once_and_in_the_error() -> None:
    engine = Rolling(progressing(), ClusterError("no route"), pods=[pod("coderd-new")])
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(rolloutTimeoutSeconds=100), engine=engine)
    unknown = "what Coder does now is unknown: no route"
    assert f"\n- {unknown}\n" in str(error.value)
    assert lines(engine, "no route") == [f"Waiting for Coder: {unknown}"]


def test_one_failed_first_look_is_repeated() -> None:
    engine = Rolling(
        *[ClusterError("no route")] * 10, progressing(), rolled_out(1), pods=[pod("coderd-new")]
    )
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.names
    assert "coder-aftercheck" not in engine.registered, "nothing was known of Coder"
    assert not lines(engine, "may not be running")


def test_a_cluster_that_is_silent_from_the_start_is_a_warning_and_the_aftercheck_decides() -> None:
    engine = Rolling(ClusterError("no route"))
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.names
    assert engine.service_reads, "the address is exported"
    assert lines(engine, "no route") == [
        "Waiting for Coder: what Coder does now is unknown: no route",
        "Coder may not be running: its Deployment can't be read: no route; look at it with "
        "`kubectl -n coder get deployment coderd`",
    ]


def test_who_may_not_read_the_deployment_does_not_wait() -> None:
    class Refusing(Rolling):
        reads = 0

        def deployment(self, namespace: str, name: str) -> Any:
            self.reads += 1
            return super().deployment(namespace, name)

    engine = Refusing(Forbidden("the cluster refuses to show it: no"))
    deploy(made(), engine=engine)
    assert engine.reads == 2, "one look for each part of the wait"
    assert len(lines(engine, "may not be running")) == 1


def test_only_coders_own_containers_start_the_aftercheck() -> None:
    waits = [pod("coderd-new", seconds=30, container="wait-for-dns")]
    engine = Rolling(*[progressing()] * 40, rolled_out(1), pods=waits)
    deploy(made(), engine=engine)
    assert "coder-aftercheck" not in engine.registered, "it would blame the database"
    serves = Rolling(*[progressing()] * 40, rolled_out(1), pods=[pod("coderd-new", seconds=30)])
    deploy(made(), engine=serves)
    assert "coder-aftercheck" in serves.registered


def test_a_new_pod_that_misses_a_probe_at_once_has_time_to_be_ready_again() -> None:
    begun = [progressing()] * 40
    engine = Rolling(*begun, *[rolled_out(1, 0)] * 3, rolled_out(1), pods=[pod("coderd-new")])
    deploy(made(), engine=engine)
    assert "coder-aftercheck" in engine.names
    down = Rolling(*begun, rolled_out(1, 0), pods=[pod("coderd-new")])
    with pytest.raises(pulumi.RunError, match="Coder is not running: Deployment coder/coderd has"):
        deploy(made(), engine=down)


def scaled(**status: int) -> dict[str, Any]:
    """A Deployment of three pods, of which the former one alone is there."""
    return changed(rolled_out(3, 1), **{"replicas": 1, "updatedReplicas": 1, **status})


def test_more_replicas_are_waited_for() -> None:
    engine = Rolling(*[scaled()] * 10, rolled_out(3), pods=[pod("coderd-new")])
    deploy(made(replicas=3), engine=engine)
    assert len(engine.looks) == 1, "until the last look"
    assert "coder-aftercheck" in engine.names
    assert not lines(engine, "Coder runs with")
    assert "of 60 s): 0 of 3 pod(s) ready" in "".join(engine.said)


@pytest.mark.parametrize("status", [{}, {"replicas": 3, "updatedReplicas": 3}])
def test_replicas_that_do_not_come_are_a_warning_with_the_cause(
    status: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    because(monkeypatch, "exceeded quota: pods")
    engine = Rolling(scaled(**status), pods=[pod("coderd-new")])
    deploy(made(replicas=3), engine=engine)
    [line] = lines(engine, "Coder runs with")
    assert line.startswith(
        "Coder runs with 1 ready pod(s): Deployment coder/coderd should have 3; for the reason "
        "type `kubectl -n coder describe deployment,pods`\n- exceeded quota: pods"
    )


def test_a_preview_warns_of_replicas_that_are_missing() -> None:
    engine = deploy(made(replicas=3), engine=Rolling(scaled()), preview=True)
    assert lines(engine, "Coder runs with 1 ready pod(s): Deployment coder/coderd should have 3")


def test_a_preview_warns_of_a_rollout_that_is_not_complete() -> None:
    engine = deploy(made(), engine=Rolling(progressing(), pods=[pod("coderd-new")]), preview=True)
    [line] = lines(engine, "Coder's rollout")
    assert line.startswith("Coder's rollout is not complete: Deployment coder/coderd: 0 of 1 pod")


@pytest.mark.parametrize("seconds", [29, 86401])
def test_the_limit_of_the_wait_is_checked(seconds: int) -> None:
    [line] = refused(made(rolloutTimeoutSeconds=seconds))
    assert line.startswith(f"rolloutTimeoutSeconds: is {seconds}, must be 30 to 86400")


def test_the_aftercheck_lasts_as_long_as_a_migration_may() -> None:
    job = deployed(made(rolloutTimeoutSeconds=3600)).named("coder-aftercheck")
    [container] = job.plain["spec"]["template"]["spec"]["containers"]
    env = {each["name"]: each["value"] for each in container["env"]}
    assert env["MIGRATION_SECONDS"] == "3600"
    assert job.plain["spec"]["activeDeadlineSeconds"] > 3600
    assert job.timeouts == {"create": f"{int(job.plain['spec']['activeDeadlineSeconds']) + 60}s"}


class Balanced(Engine):
    """A LoadBalancer Service that is so many seconds old, and has no address at first."""

    def __init__(self, age: float, looks: int = 10_000) -> None:
        super().__init__()
        self.age = age
        self.pending = looks
        self.looks = 0

    def service(self, namespace: str, name: str) -> Any:
        self.looks += 1
        changed = (datetime.now(UTC) - timedelta(seconds=self.age)).isoformat()
        ingress = [{"ip": "192.0.2.7"}] if self.looks > self.pending else []
        return {
            "metadata": {
                "creationTimestamp": "2026-01-02T03:04:05Z",
                "managedFields": [
                    {"manager": "helm", "time": changed},
                    {"manager": "kubelet", "time": "2999-01-01T00:00:00Z", "subresource": "status"},
                ],
            },
            "spec": {"type": "LoadBalancer"},
            "status": {"loadBalancer": {"ingress": ingress}},
        }


@pytest.fixture
def why(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "no controller answers for loadBalancerClass example.com/none"
    monkeypatch.setattr(evidence, "service_reasons", lambda *_: [reason, "an older one"])


@pytest.mark.usefixtures("why")
def test_a_load_balancer_that_stays_pending_is_named_and_fails_nothing() -> None:
    engine = Balanced(age=180)
    deploy(made(), engine=engine)
    [line] = lines(engine, "load balancer")
    assert line.startswith(
        "Coder runs, but its load balancer has no address: Service coder/coderd has been pending "
        "for 3 min: no controller answers for loadBalancerClass example.com/none. See `kubectl -n "
        "coder describe service coderd`"
    )
    assert "set exposure to none" in line
    assert engine.exports["address"]
    assert engine.looks == 2, "for the wait, which is not repeated, and for the outputs"


@pytest.mark.usefixtures("why")
def test_a_load_balancer_has_two_minutes() -> None:
    engine = Balanced(age=30, looks=4)
    deploy(made(), engine=engine)
    assert engine.looks == 6
    assert not lines(engine, "load balancer")


def test_only_a_load_balancer_is_waited_for() -> None:
    engine = Balanced(age=180)
    service = engine.service("", "") | {"spec": {"type": "ClusterIP"}}
    engine.service = lambda namespace, name: service
    deploy(made(), engine=engine)
    assert not lines(engine, "load balancer")
