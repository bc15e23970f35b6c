"""Coder comes up on the external database, stays on it, and comes back to it."""

import threading
import time
import urllib.error

import pytest

from tests.conftest import EXPORTS
from tests.sandbox.conftest import Make
from tests.sandbox.stack import Stack, kubectl, wait


@pytest.fixture(scope="module")
def classic(make: Make) -> Stack:
    stack = make("classic", latencyGate="enforce")
    stack.up_with_policies()
    return stack


def test_the_classic_chart_runs_on_the_external_database_with_verified_tls(classic: Stack) -> None:
    info = classic.coder().buildinfo()
    assert info["database"]["host"] == classic.host
    assert info["database"]["user"] == "coder_blue"
    assert info["database"]["certificate_verified"]
    assert "timescale" not in kubectl("-n", "classic", "get", "statefulsets,services", "-o", "name")


def test_a_second_update_changes_nothing(classic: Stack) -> None:
    classic.unchanged()


def test_the_outputs_are_the_contract_and_hold_no_password(classic: Stack) -> None:
    outputs = classic.outputs()
    assert set(outputs) == EXPORTS
    assert outputs["databaseHost"] == classic.host
    assert outputs["passwordSecretName"] == "coder-db-blue"


def test_a_rotation_fails_no_query_and_the_other_login_keeps_working(classic: Stack) -> None:
    coder = classic.coder()
    failures: list[str] = []
    queries = 0
    done = threading.Event()

    def client() -> None:
        nonlocal queries
        while not done.is_set():
            try:
                coder.get("/api/v2/query")
                queries += 1
            except (OSError, urllib.error.URLError) as error:
                failures.append(str(error))
            time.sleep(0.02)

    thread = threading.Thread(target=client)
    thread.start()
    try:
        said = classic.follow("Rotate the password")
    finally:
        done.set()
        thread.join()
    assert not failures, f"{len(failures)} of {queries} queries failed: {failures[:3]}"
    assert queries > 100
    assert said.endswith("coder_green\n"), said
    assert coder.buildinfo()["database"]["user"] == "coder_green"
    assert _login_works(classic, "coder-db-blue"), "the login of before stopped working"
    classic.unchanged()


def test_a_deleted_namespace_comes_back_with_its_users(classic: Stack) -> None:
    classic.coder().add_user("ada")
    kubectl("delete", "namespace", "classic", "--wait")
    classic.up("--refresh")
    assert "ada" in classic.coder().users()


def test_v2_runs_beside_classic_on_a_database_of_its_own(classic: Stack, make: Make) -> None:
    v2 = make("classic-to-v2", existing={"host": classic.host, "adminUsername": "coder_admin"})
    v2.set(chartValues={})
    names = {"namespace coder-v2": "namespace classic-to-v2"}
    said = v2.follow("Leave Coder classic for v2", names)
    assert f"Coder uses database coder_v2 on {classic.host}" in said
    assert v2.coder().users() == []
    assert "ada" in classic.coder().users()


def _login_works(stack: Stack, secret: str) -> bool:
    """Whether a pod with that Secret gets into the database."""
    kubectl("-n", stack.name, "delete", "pod", "probe", "--ignore-not-found", "--wait")
    overrides = (
        '{"spec":{"containers":[{"name":"probe","image":"docker.io/library/postgres:17.6-alpine",'
        '"command":["sh","-c","psql \\"${URL%%&sslrootcert*}\\" -c \\"SELECT 1\\""],'
        '"env":[{"name":"PGSSLROOTCERT","value":"/login/ca.crt"},{"name":"URL","valueFrom":'
        f'{{"secretKeyRef":{{"name":"{secret}","key":"url"}}}}}}],'
        '"volumeMounts":[{"name":"login","mountPath":"/login"}]}],'
        f'"volumes":[{{"name":"login","secret":{{"secretName":"{secret}"}}}}]}}}}'
    )
    kubectl(
        "-n", stack.name, "run", "probe", "--restart=Never", "--image=x", f"--overrides={overrides}"
    )
    phase = ["-n", stack.name, "get", "pod", "probe", "-o", "jsonpath={.status.phase}"]
    wait("the probe to end", lambda: kubectl(*phase) in ("Succeeded", "Failed"))
    return kubectl(*phase) == "Succeeded"
