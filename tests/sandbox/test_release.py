"""A chart that fails, is killed, or runs Coder on another database."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.machine import paths
from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import SOON_READY, Stack, helm, kill, kubectl, merged, wait

NO_SUCH_SERVICE = {"coderd": {"serviceSpec": {"type": "NoSuchType"}}}


@pytest.fixture(scope="module")
def stack(make: Make) -> Stack:
    stack = make("release")
    stack.up()
    return stack


def test_a_failed_upgrade_is_rolled_back_and_coder_answers(stack: Stack) -> None:
    printed = stack.set(chartValues=NO_SUCH_SERVICE).fails("up", "--yes")
    assert "has been rolled back due to atomic being set" in printed
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    stack.set(chartValues=SOON_READY).up()
    stack.unchanged()


def test_a_release_without_its_preflight_is_refused(stack: Stack) -> None:
    before = stack.settings["existing"]
    stack.set(existing=merged(before, sslMode="require"))
    try:
        printed = stack.fails("preview", "--target", "**coder-release")
    finally:
        stack.set(existing=before)
    assert "would change sslMode from verify-full to require, without the preflight" in printed


def test_another_password_in_the_same_generation_is_refused(stack: Stack) -> None:
    [password] = [
        resource["urn"]
        for resource in stack.state()["deployment"]["resources"]
        if resource["urn"].endswith("::postgres-database-blue")
    ]
    printed = stack.fails("preview", "--replace", password)
    assert "the password of generation 1 would be generated again" in printed


def test_an_update_fails_while_coder_is_scaled_to_zero(stack: Stack) -> None:
    scale = ["-n", stack.name, "scale", "deployment", "coderd"]
    kubectl(*scale, "--replicas=0")
    printed = stack.fails("up", "--yes", "--skip-preview")
    assert "Coder is not running: Deployment release/coderd is scaled to 0" in printed
    kubectl(*scale, "--replicas=1")
    kubectl("-n", stack.name, "rollout", "status", "deployment", "coderd")
    stack.unchanged()


def test_a_killed_update_is_put_right_by_recover(stack: Stack) -> None:
    # No such image: helm waits for the pod until it is killed.
    stack.set(chartValues={"coderd": {"image": "docker.io/coderenvs/coder-service:none"}})
    update = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait("the upgrade to begin", lambda: "pending-upgrade" in _status(stack), 120)
    kill(update.pid)
    update.wait()
    stack.set(chartValues=SOON_READY)
    assert "locked" in stack.fails("up", "--yes")
    recover = [sys.executable, "-m", "sandbox", "recover", stack.name]
    subprocess.run(recover, cwd=ROOT, check=True, timeout=300)
    assert "pending" not in _status(stack)
    stack.up()
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    stack.unchanged()


def test_coder_on_another_database_fails_the_after_check(make: Make, ignorant: str) -> None:
    stack = make("ignorant", chartRepository=ignorant)
    printed = stack.fails("up", "--yes")
    assert "Coder does not use this database" in printed


@pytest.fixture
def ignorant(tmp_path: Path) -> Iterator[str]:
    """A repository whose classic chart ignores the switches and keeps the built-in database."""
    chart = tmp_path / "coder"
    shutil.copytree(ROOT / "sandbox" / "charts" / "classic", chart)
    values = chart / "values.yaml"
    templates = chart / "templates"
    for template in templates.rglob("*"):
        if template.is_file():
            text = template.read_text().replace(".Values.postgres", ".Values.ignored")
            template.write_text(text)
    known = yaml.safe_load(values.read_text())
    values.write_text(yaml.safe_dump(known | {"ignored": known["postgres"]}))
    out = tmp_path / "repository"
    out.mkdir()
    package = [paths.BIN / "helm", "package", chart, "--version", "1.44.3"]
    subprocess.run([*package, "--app-version", "1.44.3", "-d", out], check=True)
    subprocess.run([paths.BIN / "helm", "repo", "index", out], check=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _status(stack: Stack) -> str:
    return helm("-n", stack.name, "list", "--all", "-o", "json")


def test_a_dead_database_comes_back_and_so_does_coder(stack: Stack) -> None:
    stack.server.stop()
    stack.server.start()
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"))
    assert kubectl("-n", stack.name, "get", "deployment", "coderd", "-o", "name")
