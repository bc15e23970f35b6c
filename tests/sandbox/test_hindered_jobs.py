"""Jobs without an image or with a sidecar, and an upgrade that is never ready."""

import json
import time
from pathlib import Path

import pytest

from tests.sandbox import hindrances
from tests.sandbox.conftest import Make
from tests.sandbox.stack import SOON_READY, Stack, kubectl, wait

NAME = "hindered"
OLD, NEW = "1.36.2", "1.44.3"
NEVER_READY = {"coderd": {"readiness": {"initialDelaySeconds": 600}}}
DATABASE = f"{NAME}-database"
JOB = "Job postgres-database-roles: "


@pytest.fixture(scope="module")
def stack(make: Make) -> Stack:
    for namespace in (NAME, DATABASE):
        kubectl("create", "namespace", namespace)
    return make(NAME, createNamespace=False, chartVersion=OLD)


def fails_soon(stack: Stack) -> str:
    """What an update prints that can't succeed, and must not wait for the Job's deadline."""
    started = time.monotonic()
    printed = stack.fails("up", "--yes", "--skip-preview")
    assert time.monotonic() - started < 90, printed
    return " ".join(printed.split())


def test_a_registry_that_refuses_the_pull_is_named_with_the_setting(stack: Stack) -> None:
    with hindrances.registry() as address:
        image = f"{address}/postgres:17"
        said = fails_soon(stack.set(toolsImage=image))
        assert f"{JOB}image {image} can't be pulled: " in said
        assert "401" in said
        assert "jobs.imagePullSecrets to the Secret with the registry's credentials" in said
        login = (f"--docker-server={address}", f"--docker-username={hindrances.USER}")
        secret = (*login, f"--docker-password={hindrances.PASSWORD}")
        kubectl("-n", DATABASE, "create", "secret", "docker-registry", "pull", *secret)
        said = fails_soon(stack.set(jobs={"imagePullSecrets": ["pull"]}))
        assert f"{JOB}image {image} can't be pulled: {image}: not found" in said
        assert hindrances.PASSWORD not in said
    del stack.settings["toolsImage"]
    stack.set(jobs={})


def test_a_sidecar_that_never_ends_is_named_and_ends_the_update(
    stack: Stack, tmp_path: Path
) -> None:
    with hindrances.injection(tmp_path, DATABASE):
        said = fails_soon(stack)
    line = f"{JOB}container job has ended, but proxy keeps the pod running; exclude the Jobs from"
    assert line in said


def test_a_sidecar_that_the_namespace_forbids_is_named(stack: Stack, tmp_path: Path) -> None:
    label = "pod-security.kubernetes.io/enforce"
    kubectl("label", "namespace", DATABASE, f"{label}=restricted")
    with hindrances.injection(tmp_path, DATABASE):
        said = fails_soon(stack)
    kubectl("label", "namespace", DATABASE, f"{label}-")
    assert f'{JOB}no pod can be created: violates PodSecurity "restricted' in said
    assert "something adds to the pod what the Namespace forbids; exclude the Jobs" in said
    stack.up()


def test_after_an_upgrade_that_is_never_ready_only_the_new_version_can_start(stack: Stack) -> None:
    old = pods()
    stack.set(chartVersion=NEW, chartValues=NEVER_READY, rolloutTimeoutSeconds=30)
    said = stack.fails("up", "--yes", "--skip-preview")
    assert "The former version still serves with 1 pod(s). Nothing was rolled back" in said
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    kubectl("-n", NAME, "delete", "pod", *old, "--grace-period=1")
    wait("the successor to fail", lambda: "migrations" in failed_containers(), 60)
    said = " ".join(stack.run("preview").stdout.split())
    assert "warning: Coder's rollout is not complete" in said
    assert "No pod of the former version serves any more; if the new version has migrated" in said
    stack.set(chartValues=SOON_READY, rolloutTimeoutSeconds=900).up()
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    stack.unchanged()


def pods() -> list[str]:
    """The names of Coder's pods."""
    names = "jsonpath={.items[*].metadata.name}"
    return kubectl("-n", NAME, "get", "pods", "-l", "app=coderd", "-o", names).split()


def failed_containers() -> set[str]:
    """The names of the init containers of Coder's pods that have failed."""
    found = json.loads(kubectl("-n", NAME, "get", "pods", "-l", "app=coderd", "-o", "json"))
    return {
        each["name"]
        for pod in found["items"]
        for each in pod["status"].get("initContainerStatuses", ())
        if each["restartCount"] or (each["state"].get("terminated") or {}).get("exitCode")
    }
