"""A chart that fails, is killed, or runs Coder on another database."""

import dataclasses
import functools
import http.server
import re
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
from tests.sandbox.stack import SOON_READY, Stack, helm, history, kill, kubectl, merged, wait

LOWER, VERSION, LATER = "1.44.1", "1.44.2", "1.44.3"
NO_SUCH_IMAGE = {"coderd": {"image": "docker.io/coderenvs/coder-service:none"}}
"""Helm waits for the pods until its time-out."""
NO_SUCH_SERVICE = {"coderd": {"serviceSpec": {"type": "NoSuchType"}}}


@dataclasses.dataclass(frozen=True)
class KilledInstall:
    """A stack whose first update was killed while Helm installed the release, then repaired."""

    stack: Stack
    rollback: str
    """What `helm rollback` said before."""
    recovery: str
    """What `python -m recovery` said."""


@pytest.fixture(scope="module")
def killed_install(make: Make) -> KilledInstall:
    stack = make("release", chartVersion=VERSION, chartValues=NO_SUCH_IMAGE)
    _kill_update(stack, "pending-install")
    rollback = ["-n", stack.name, "rollback", "coder"]
    with pytest.raises(AssertionError) as refused:
        helm(*rollback)
    return KilledInstall(stack, str(refused.value), stack.recovery())


@pytest.fixture(scope="module")
def stack(killed_install: KilledInstall) -> Stack:
    """The same stack after its next update."""
    killed_install.stack.set(chartValues=SOON_READY).up()
    return killed_install.stack


def test_a_killed_first_install_is_uninstalled_by_recovery(
    killed_install: KilledInstall, stack: Stack
) -> None:
    assert "release has no 0 version" in killed_install.rollback, "as the README says"
    assert "Helm release release/coder was uninstalled." in killed_install.recovery
    [revision] = history(stack)
    assert (revision["revision"], revision["status"]) == (1, "deployed")
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    assert "nothing to repair" in stack.recovery()
    stack.unchanged()


def test_a_failed_upgrade_is_rolled_back_and_coder_answers(stack: Stack) -> None:
    before = stack.outputs()
    stack.set(chartVersion=LATER, chartValues=NO_SUCH_SERVICE)
    printed = stack.fails("up", "--yes")
    assert "has been rolled back due to atomic being set" in printed
    assert re.search(r"(?m)^ *- accessUrl", printed), "the README says so"
    assert stack.outputs() == before, "pulumi stack output still has them"
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    stack.set(chartVersion=VERSION, chartValues=SOON_READY).up()
    stack.unchanged()


def test_a_lower_chart_version_is_refused_at_preview(stack: Stack) -> None:
    stack.set(chartVersion=LOWER)
    try:
        printed = stack.fails("preview")
    finally:
        stack.set(chartVersion=VERSION)
    assert f"chartVersion: is {LOWER}, but {VERSION} is installed" in printed


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
    stack.set(chartValues=NO_SUCH_IMAGE)
    _kill_update(stack, "pending-upgrade")
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


def _kill_update(stack: Stack, status: str) -> None:
    """Kill an update once Helm's release has that status."""
    update = subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait(f"the release to be {status}", lambda: status in _status(stack))
    finally:
        kill(update.pid)
        update.wait()


def _status(stack: Stack) -> str:
    return helm("-n", stack.name, "list", "--all", "-o", "json")


def test_a_dead_database_comes_back_and_so_does_coder(stack: Stack) -> None:
    stack.server.stop()
    stack.server.start()
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"))
    assert kubectl("-n", stack.name, "get", "deployment", "coderd", "-o", "name")
