"""Jobs whose pods can't be made, are evicted, or are deleted afterwards."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, kubectl, wait

NAME = "jobs"
DATABASE = f"{NAME}-database"
GITOPS = (
    "argocd.argoproj.io/tracking-id=other:/Namespace:jobs/jobs",
    "kustomize.toolkit.fluxcd.io/checksum=1a2b",
)
"""What Argo CD and Flux write on objects; neither prunes what is not in an inventory of its own."""


@pytest.fixture(scope="module")
def stack(make: Make) -> Stack:
    for namespace in (NAME, DATABASE):
        kubectl("create", "namespace", namespace)
    return make(NAME, createNamespace=False)


def test_a_pod_that_a_quota_can_never_admit_ends_the_update_early(stack: Stack) -> None:
    stack.set(jobs={"resources": {"requests": {"cpu": "10m"}}})
    with quota(DATABASE, "limits.cpu=1"):
        started = time.monotonic()
        printed = stack.fails("up", "--yes", "--skip-preview")
        seconds = time.monotonic() - started
    stack.set(jobs={})
    line = (
        "Job postgres-database-roles: no pod can be created: failed quota: team: must specify "
        "limits.cpu for: job; set jobs.resources"
    )
    assert line in " ".join(printed.split()), printed
    assert "DeadlineExceeded" in printed
    assert seconds < 90, "the Job's own deadline is 540 s"


def test_a_full_quota_is_said_within_a_minute_and_an_evicted_pod_is_replaced(
    stack: Stack, tmp_path: Path
) -> None:
    log = tmp_path / "up.log"
    line = "Job coder-preflight: no pod can be created: exceeded quota: team"
    with stack.updating(log) as update:
        with quota(NAME, "pods=0"):
            wait("the preflight's Job", lambda: objects("jobs", "preflight"), 120)
            wait("the line about the quota", lambda: line in log.read_text(), 60)
            assert update.poll() is None, "the update waits for the quota"
            # The preflight waits for the server, so that its pod can be evicted meanwhile.
            stack.server.stop()
        try:
            wait("the preflight's pod", lambda: "Waiting for" in logs(), 120)
            (first,) = objects("pods", "preflight")
            evict(first["metadata"]["name"], tmp_path)
            wait("another pod", lambda: first["metadata"]["name"] not in names("preflight"), 60)
        finally:
            stack.server.start()
        assert update.wait(300) == 0, log.read_text()
    assert log.read_text().count(line) <= 2, "said once, and again in the summary"
    (job,) = objects("jobs", "preflight")
    assert job["status"]["succeeded"] == 1
    assert not job["status"].get("failed"), "an eviction is no failure"


def test_expired_jobs_and_the_labels_of_others_change_nothing(
    stack: Stack,
) -> None:
    for kind in ("jobs", "configmaps", "secrets"):
        kubectl("-n", NAME, "annotate", kind, "--all", *GITOPS)
    kubectl("annotate", "namespace", NAME, *GITOPS)
    stack.up("--refresh", "--expect-no-changes")
    before = {job["metadata"]["name"] for job in objects("jobs")}
    for namespace in (NAME, DATABASE):
        for job in kubectl("-n", namespace, "get", "jobs", "-o", "name").split():
            patch = '{"spec": {"ttlSecondsAfterFinished": 1}}'
            kubectl("-n", namespace, "patch", job, "--type=merge", "-p", patch)
        get = ("-n", namespace, "get", "jobs", "-o", "name")
        wait("the TTL controller", lambda get=get: not kubectl(*get), 60)
    stack.unchanged()
    stack.up("--refresh")
    after = {job["metadata"]["name"] for job in objects("jobs")}
    assert len(after) == 2
    assert not after & before
    found = json.loads(kubectl("-n", NAME, "get", "configmap", "coder-findings", "-o", "json"))
    assert found["data"].keys() == after
    assert all(found["data"].values()), "each Job's finding is kept"
    stack.unchanged()


@contextlib.contextmanager
def quota(namespace: str, hard: str) -> Iterator[None]:
    """A ResourceQuota while the block runs."""
    where = ("-n", namespace)
    kubectl(*where, "create", "quota", "team", f"--hard={hard}")
    used = ("get", "quota", "team", "-o", "jsonpath={.status.hard}")
    wait("the quota", lambda: kubectl(*where, *used))
    try:
        yield
    finally:
        kubectl(*where, "delete", "quota", "team")


def objects(kind: str, component: str = "") -> list[dict[str, Any]]:
    """The objects of that kind which belong to the program's Jobs, in Coder's Namespace."""
    labels = "app.kubernetes.io/part-of=coder,app.kubernetes.io/managed-by=pulumi"
    labels += f",app.kubernetes.io/component={component}" if component else ""
    return json.loads(kubectl("-n", NAME, "get", kind, "-l", labels, "-o", "json"))["items"]


def names(component: str) -> set[str]:
    """The names of a Job's pods."""
    return {pod["metadata"]["name"] for pod in objects("pods", component)}


def logs() -> str:
    """What the preflight has logged."""
    where = ("-n", NAME, "logs", "-l", "app.kubernetes.io/component=preflight")
    return kubectl(*where, check=False)


def evict(pod: str, folder: Path) -> None:
    """Evict a pod by the API, as `kubectl drain` does."""
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"namespace": NAME, "name": pod},
        "deleteOptions": {"gracePeriodSeconds": 1},
    }
    file = folder / "eviction.json"
    file.write_text(json.dumps(eviction))
    kubectl("create", "--raw", f"/api/v1/namespaces/{NAME}/pods/{pod}/eviction", "-f", str(file))
