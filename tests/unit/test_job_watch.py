"""While the update waits for a Job, what keeps its pod from running is said once, with a cure."""

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from components.kubernetes import job_watch
from components.kubernetes.causes import Cause, Kind
from components.kubernetes.client import ClusterError
from components.kubernetes.job_cures import cure
from components.kubernetes.job_watch import LOOKS, LOOKS_FOR_A_NODE, PAUSE_SECONDS, JobWatch
from tests.unit.pretend import JOB, deployed
from tests.unit.stacks import given, made

QUOTA = Cause(Kind.CREATION, "no pod can be created: exceeded quota: team")
UNLIMITED = Cause(Kind.CREATION, "no pod can be created: failed quota: team: must specify", True)
ENDED = Cause(Kind.END, "container job ended with exit code 1: Preflight: 2 check(s) failed")
NAMED = {"metadata": {"namespace": "coder", "name": "coder-preflight-1a2b"}}
LINE = (
    "Job coder-preflight: no pod can be created: exceeded quota: team; set jobs.resources, or "
    "raise the quota (`kubectl -n coder describe resourcequota,limitrange`)"
)


class Watched:
    """A cluster whose Job shows other causes at each look; the last ones stay."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *looks: list[Cause] | None) -> None:
        self.looks = list(looks)
        self.looked = 0
        self.ended: list[Any] = []
        self.warned: list[str] = []
        self.fails = False
        monkeypatch.setattr(job_watch, "job_causes", lambda *_: self._current)
        monkeypatch.setattr(job_watch, "PAUSE_SECONDS", 0.001)
        monkeypatch.setattr(pulumi, "warn", lambda line, _: self.warned.append(line))
        self.watch = JobWatch("coder-preflight", self, None)  # pyright: ignore[reportArgumentType]

    def job(self, namespace: str, name: str) -> Any:
        assert {"namespace": namespace, "name": name} == NAMED["metadata"]
        if self.fails:
            raise ClusterError("no route")
        look = self.looks[min(self.looked, len(self.looks) - 1)]
        self.looked += 1
        self._current = look
        return None if look is None else NAMED

    def end_job(self, job: Any) -> None:
        self.ended.append(job)

    def create(self, *, until: Callable[[], bool], fails: bool = False) -> None:
        """Have the engine create the Job, which is done when the condition is true."""

        async def run() -> None:
            self.watch._begin(called(NAMED))
            for _ in range(2000):
                if until():
                    break
                await asyncio.sleep(0.001)
            if fails:
                assert await self.watch._explain(failed()) is False, "a failed Job stays as it is"
            else:
                await self.watch._end(called(NAMED))

        asyncio.run(run())


def called(inputs: Any) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "", "coder-preflight", JOB, new_inputs=inputs)


def failed() -> pulumi.ErrorHookArgs:
    return pulumi.ErrorHookArgs(
        "urn", "", "coder-preflight", JOB, failed_operation="create", errors=[], new_inputs=NAMED
    )


def test_a_lasting_cause_is_said_once_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [QUOTA])
    watched.create(until=lambda: watched.looked > 3 * LOOKS)
    assert watched.warned == [LINE]
    assert not watched.ended, "a quota is free again when other pods end"


def test_a_cause_that_passes_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, *[[QUOTA]] * (LOOKS - 1), [], *[[QUOTA]] * (LOOKS - 1), [])
    watched.create(until=lambda: watched.looked > 3 * LOOKS)
    assert watched.warned == []


def test_a_node_that_an_autoscaler_adds_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 40 <= LOOKS_FOR_A_NODE * PAUSE_SECONDS < 60, "it is said within a minute"
    no_node = Cause(Kind.SCHEDULING, "no node can run a pod: 0/2 nodes are available")
    watched = Watched(monkeypatch, *[[no_node]] * (LOOKS_FOR_A_NODE - 1), [])
    watched.create(until=lambda: watched.looked > 2 * LOOKS_FOR_A_NODE)
    assert watched.warned == []
    watched = Watched(monkeypatch, [no_node])
    watched.create(until=lambda: watched.looked > LOOKS_FOR_A_NODE)
    assert len(watched.warned) == 1


def test_a_cause_that_cannot_pass_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [UNLIMITED])
    watched.create(until=lambda: bool(watched.ended), fails=True)
    assert watched.ended == [NAMED]
    assert len(watched.warned) == 1


def test_a_job_that_fails_at_once_shows_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    no_shell = Cause(Kind.START, 'container job can\'t be started: exec: "/bin/sh": no such file')
    watched = Watched(monkeypatch, [no_shell, ENDED])
    watched.create(until=lambda: True, fails=True)
    (line,) = watched.warned
    assert line.endswith(
        "set toolsImage to an image with a shell and the programs of PostgreSQL 16 or later"
    )


def test_what_the_script_says_is_left_to_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [ENDED, Cause(Kind.INIT, "init container x has not finished")])
    watched.create(until=lambda: watched.looked > 2 * LOOKS, fails=True)
    assert watched.warned == []


def test_a_job_that_is_deleted_meanwhile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, None, None, [], None)
    watched.create(until=lambda: bool(watched.warned))
    (line,) = watched.warned
    assert line.startswith("Job coder-preflight: was deleted while the update waits for it; stop")


def test_a_job_that_is_not_there_yet_is_no_deleted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, None)
    watched.create(until=lambda: watched.looked > 2 * LOOKS)
    assert watched.warned == []


def test_a_cluster_that_does_not_answer_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [QUOTA])
    watched.fails = True
    watched.create(until=lambda: True, fails=True)
    assert watched.warned == []


def test_a_job_that_a_preview_refuses_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, [QUOTA])
    assert asyncio.run(watched.watch._explain(failed())) is False
    assert watched.looked == 0


@pytest.mark.parametrize("stack", [made(), given()], ids=["made", "given"])
def test_every_job_is_watched(stack: dict[str, Any]) -> None:
    engine = deployed(stack)
    for job in engine.all(JOB):
        assert job.hooks["before_create"] == [f"{job.name}: watch"]
        assert job.hooks["after_create"] == [f"{job.name}: end of the watch"]
        assert job.hooks["on_error"] == [f"{job.name}: causes"]
        assert {f"{job.name}: causes"} <= engine.errors.keys()
        for hook in ("watch", "end of the watch"):
            assert engine.hooks[f"{job.name}: {hook}"].opts is None, "a preview must not watch"


def test_an_eviction_is_retried_and_a_failing_check_is_not() -> None:
    for job in deployed(made()).all(JOB):
        spec = job.plain["spec"]
        assert spec["backoffLimit"] == 0
        [rule] = spec["podFailurePolicy"]["rules"]
        assert rule["action"] == "Ignore"
        assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


@pytest.mark.parametrize(
    ("cause", "setting"),
    [
        (QUOTA, "jobs.resources"),
        (Cause(Kind.CREATION, 'error looking up serviceaccount "x"'), "jobs.serviceAccount"),
        (Cause(Kind.CREATION, 'violates PodSecurity "restricted:latest"'), "jobs.annotations"),
        (Cause(Kind.CREATION, 'admission webhook "x" denied the request'), "jobs.labels"),
        (Cause(Kind.IMAGE, "image x can't be pulled: not found"), "jobs.imagePullSecrets"),
        (Cause(Kind.START, 'exec: "/bin/sh": no such file or directory'), "toolsImage"),
        (Cause(Kind.START, 'secret "x" not found'), "kubectl -n coder describe pods"),
        (Cause(Kind.MEMORY, "container job was killed"), "jobs.resources.limits.memory"),
        (Cause(Kind.SCHEDULING, "no node can run a pod: taint"), "jobs.tolerations"),
        (Cause(Kind.UNKNOWN, "the credentials may not read events"), "grant the rights"),
        (Cause(Kind.VOLUME, "a pod can't be prepared"), "kubectl -n coder describe pods"),
        (Cause(Kind.SIDECAR, "container job has ended"), "jobs.labels"),
        (Cause(Kind.EVICTION, "a pod was evicted"), "the Job starts another one"),
    ],
)
def test_each_cause_has_a_cure(cause: Cause, setting: str) -> None:
    assert setting in cure(cause, "coder")
