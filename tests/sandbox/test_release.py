"""A chart that fails, is killed, or runs Coder on another database."""

import contextlib
import dataclasses
import functools
import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from sandbox.engine import stack as engine_stack
from sandbox.machine import paths
from tests.conftest import ROOT
from tests.sandbox.conftest import Make
from tests.sandbox.stack import SOON_READY, Stack, helm, history, kill, kubectl, merged, wait

LOWER, VERSION, LATER = "1.44.1", "1.44.2", "1.44.3"
PENDING = {"serviceSpec": {"loadBalancerClass": "example.com/none"}}
NO_SUCH_IMAGE = {"coderd": {"image": "docker.io/coderenvs/coder-service:none", **PENDING}}
NO_SUCH_SERVICE = {"coderd": {"serviceSpec": {"externalTrafficPolicy": "NoSuchPolicy"}}}
"""The API server refuses the Service; Helm has created other objects before."""
SECONDS = 45
"""As rolloutTimeoutSeconds: a cause is named after half a minute."""
SHORTEST = 30
SECONDS_OF_A_LOCK = 75
"""The after-check, which sees the lock, begins later."""
HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: never-ends
  namespace: {{ .Release.Namespace }}
  annotations: {helm.sh/hook: "pre-install,pre-upgrade"}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: hook, image: "docker.io/coderenvs/coder-service:none"}]
"""
"""Helm waits for a hook, so that an update can be killed meanwhile."""


@dataclasses.dataclass(frozen=True)
class FailedInstall:
    """A stack whose first update was killed, recovered, failed twice, and was mended at last."""

    stack: Stack
    rollback: str
    """What `helm rollback` said after the killed update."""
    recovery: str
    """What `python -m recovery` said."""
    refused: str
    """What the update printed whose Service the API server refused."""
    unready: str
    """What the update printed whose image does not exist."""
    history: list[str]
    """The statuses of the release after these."""
    pending: str
    """What the update printed whose Service has no load balancer."""
    address: str
    """What that update exported."""


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A repository whose classic chart has a hook that never ends."""
    folder = tmp_path_factory.mktemp("hooked")
    chart = _copy_of_the_chart(folder)
    (chart / "templates" / "hook.yaml").write_text(HOOK)
    with _serving(folder, chart, VERSION, LATER) as url:
        yield url


@pytest.fixture(scope="module")
def failed_install(make: Make, hooked: str) -> FailedInstall:
    stack = make("release", chartVersion=VERSION, rolloutTimeoutSeconds=SECONDS)
    _kill_update(stack, hooked, "pending-install")
    with pytest.raises(AssertionError) as refused:
        helm("-n", stack.name, "rollback", "coder")
    recovery = stack.recovery()
    service = stack.set(chartValues=NO_SUCH_SERVICE).fails("up", "--yes", "--skip-preview")
    image = stack.set(chartValues=NO_SUCH_IMAGE).fails("up", "--yes", "--skip-preview")
    statuses = [each["status"] for each in history(stack)]
    values = {"coderd": {**SOON_READY["coderd"], **PENDING}}
    pending = stack.set(chartValues=values).up()
    address = stack.outputs()["address"]
    # The class of a Service can't be changed.
    kubectl("-n", stack.name, "delete", "service", "coderd")
    return FailedInstall(
        stack, str(refused.value), recovery, service, image, statuses, pending, address
    )


@pytest.fixture(scope="module")
def stack(failed_install: FailedInstall) -> Stack:
    """The same stack after its next update."""
    failed_install.stack.set(chartValues=SOON_READY).up()
    return failed_install.stack


def test_a_killed_first_install_is_uninstalled_by_recovery(failed_install: FailedInstall) -> None:
    assert "release has no 0 version" in failed_install.rollback, "as docs/runbook.md says"
    assert "Helm release release/coder was uninstalled." in failed_install.recovery


def test_a_first_install_that_failed_stays_and_the_next_update_mends_it(
    failed_install: FailedInstall, stack: Stack
) -> None:
    assert "NoSuchPolicy" in failed_install.refused
    assert failed_install.history == ["superseded", "deployed"], "nothing was uninstalled"
    assert "Coder's rollout is not complete after 4" in failed_install.unready
    assert "Coder is not ready yet: " in failed_install.unready, "before the limit"
    assert failed_install.unready.count("coder-service:none") >= 2, "the cause, also at the end"
    assert "does not use this database" not in failed_install.unready
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    assert "nothing to repair" in stack.recovery()
    stack.unchanged()


def test_a_pending_load_balancer_is_named_and_coder_stays(failed_install: FailedInstall) -> None:
    line = "Coder runs, but its load balancer has no address: Service release/coderd has been"
    assert line in failed_install.pending
    assert "no controller answers for loadBalancerClass example.com/none" in failed_install.pending
    assert failed_install.address == "coderd.release.svc"


def test_an_upgrade_whose_containers_never_started_is_taken_back(stack: Stack) -> None:
    image = {"image": NO_SUCH_IMAGE["coderd"]["image"]}
    stack.set(chartVersion=LATER, chartValues={"coderd": {**SOON_READY["coderd"], **image}})
    stack.set(rolloutTimeoutSeconds=SHORTEST)
    try:
        printed = stack.fails("up", "--yes", "--skip-preview")
    finally:
        stack.set(chartValues=SOON_READY, rolloutTimeoutSeconds=SECONDS)
    assert "Coder's rollout is not complete after 3" in printed
    assert "coder-service:none" in printed
    said = stack.follow("Take back an upgrade of Coder", {"2.38.7": VERSION})
    assert f"Coder uses database coder on {stack.host}" in said
    assert stack.outputs()["chartVersion"] == VERSION
    stack.unchanged()


def test_an_upgrade_that_is_applied_in_part_goes_forward_only(stack: Stack) -> None:
    before = stack.outputs()
    stack.set(chartVersion=LATER, chartValues=NO_SUCH_SERVICE)
    printed = stack.fails("up", "--yes")
    assert "NoSuchPolicy" in printed
    assert re.search(r"(?m)^ *- accessUrl", printed), "docs/runbook.md says so"
    assert stack.outputs() == before, "pulumi stack output still has them"
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    assert history(stack)[-1]["status"] == "failed", "Helm rolls nothing back"
    # Helm applies all objects that the API server accepts, so that the new Coder migrates.
    stack.set(chartVersion=VERSION, chartValues=SOON_READY)
    assert f"is {VERSION}, but {LATER} is installed" in stack.fails("preview")
    stack.follow("Upgrade Coder", {"2.38.8": LATER})
    stack.unchanged()


def test_a_migration_that_waits_for_a_lock_names_the_session_and_goes_on_by_itself(
    stack: Stack,
) -> None:
    reader = Reader(stack)
    pid = reader.pid
    try:
        stack.set(chartValues=merged(SOON_READY, logging={"verbose": False}))
        stack.set(rolloutTimeoutSeconds=SECONDS_OF_A_LOCK)
        printed = stack.fails("up", "--yes", "--skip-preview")
        assert stack.coder().buildinfo()["database"]["host"] == stack.host, "the old pod serves"
    finally:
        reader.close()
    line = f's for a lock that session {pid} holds (user sandbox_superuser, application "report"'
    assert "Coder is not ready yet: Coder's session " in printed
    assert line in printed
    assert f"SELECT pg_terminate_backend({pid})" in printed
    assert "The former version still serves with 1 pod(s). Nothing was rolled back" in printed
    wait("the new pod", lambda: "successfully rolled out" in _rollout(stack))
    assert history(stack)[-1]["status"] == "deployed"
    stack.up()
    stack.unchanged()


def test_a_lower_chart_version_is_refused_at_preview(stack: Stack) -> None:
    stack.set(chartVersion=LOWER)
    try:
        printed = stack.fails("preview")
    finally:
        stack.set(chartVersion=LATER)
    assert f"chartVersion: is {LOWER}, but {LATER} is installed" in printed


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


def test_a_killed_update_is_put_right_by_recover(stack: Stack, hooked: str) -> None:
    _kill_update(stack, hooked, "pending-upgrade")
    assert "locked" in stack.fails("up", "--yes")
    settings = engine_stack.Stack(stack.name).settings
    named = {"--stack prod": f"--stack {stack.name} --config-file {settings}"}
    said = stack.follow("Recover from a killed update", named)
    assert "Would release the lock" in said
    assert "Released the lock" in said
    assert "pending" not in _status(stack)
    assert stack.coder().buildinfo()["database"]["host"] == stack.host
    stack.unchanged()


def test_coder_on_another_database_fails_the_after_check(make: Make, ignorant: str) -> None:
    stack = make("ignorant", chartRepository=ignorant)
    printed = stack.fails("up", "--yes")
    assert "Coder does not use this database" in printed


@pytest.fixture
def ignorant(tmp_path: Path) -> Iterator[str]:
    """A repository whose classic chart ignores the switches and keeps the built-in database."""
    chart = _copy_of_the_chart(tmp_path)
    values = chart / "values.yaml"
    for template in (chart / "templates").rglob("*"):
        if template.is_file():
            text = template.read_text().replace(".Values.postgres", ".Values.ignored")
            template.write_text(text)
    known = yaml.safe_load(values.read_text())
    values.write_text(yaml.safe_dump(known | {"ignored": known["postgres"]}))
    with _serving(tmp_path, chart, "1.44.3") as url:
        yield url


def _copy_of_the_chart(folder: Path) -> Path:
    chart = folder / "coder"
    shutil.copytree(ROOT / "sandbox" / "charts" / "classic", chart)
    return chart


@contextlib.contextmanager
def _serving(folder: Path, chart: Path, *versions: str) -> Iterator[str]:
    """A repository of one chart, in these versions."""
    out = folder / "repository"
    out.mkdir()
    for version in versions:
        package = [paths.BIN / "helm", "package", chart, "--version", version]
        subprocess.run([*package, "--app-version", version, "-d", out], check=True)
    subprocess.run([paths.BIN / "helm", "repo", "index", out], check=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Reader:
    """A session of an administrator that holds a lock for which a migration has to wait."""

    def __init__(self, stack: Stack) -> None:
        self._server = stack.server
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        wait("the session", lambda: self.pid)

    def _run(self) -> None:
        lock = "BEGIN; LOCK TABLE schema_migrations IN SHARE MODE; SELECT pg_sleep(600)"
        with contextlib.suppress(Exception):  # It is terminated.
            self._server.sql(f"SET application_name = 'report'; {lock}", "coder")

    @property
    def pid(self) -> str:
        """The session's number."""
        holders = "SELECT pid FROM pg_stat_activity WHERE application_name = 'report'"
        return self._server.sql(f"{holders} AND wait_event = 'PgSleep'")

    def close(self) -> None:
        self._server.sql(f"SELECT pg_terminate_backend({self.pid})")
        self._thread.join()


def _kill_update(stack: Stack, hooked: str, status: str) -> None:
    """Kill an update once Helm's release has that status."""
    stack.set(chartRepository=hooked)
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
        del stack.settings["chartRepository"]
        stack.set()


def _rollout(stack: Stack) -> str:
    words = ("rollout", "status", "deployment", "coderd", "--watch=false")
    return kubectl("-n", stack.name, *words)


def _status(stack: Stack) -> str:
    return helm("-n", stack.name, "list", "--all", "-o", "json")


def test_a_dead_database_comes_back_and_so_does_coder(stack: Stack) -> None:
    stack.server.stop()
    stack.server.start()
    wait("Coder to answer", lambda: stack.coder().get("/api/v2/query"))
    assert kubectl("-n", stack.name, "get", "deployment", "coderd", "-o", "name")
