"""What all tests share, and how a run in parallel is ordered, shown and cleaned up."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.machine import paths
from tests import WORKER, chart_server, sandbox_instance

ROOT = Path(__file__).parent.parent
EXPORTS = {
    "contractVersion",
    "accessUrl",
    "address",
    "servicePort",
    "namespace",
    "databaseHost",
    "databasePort",
    "databaseName",
    "databaseUser",
    "databaseSslMode",
    "passwordSecretName",
    "databaseVersion",
    "databaseZone",
    "databaseLiveZone",
    "databaseId",
    "databaseFirewallId",
    "chart",
    "chartVersion",
}
"""The outputs that other stacks build on."""

RUN_ID = os.environ.setdefault("CODER_TEST_RUN", uuid.uuid4().hex)
"""Every process that the tests start has it in its environment."""
SHOWN_SECONDS = 2
"""A parallel run shows each test that takes longer, and each that fails, when it ends."""
FOLDERS = ("sandbox", "engine", "database", "unit")
LONGEST = (
    "test_aws",
    "test_release",
    "test_coder",
    "test_consumer",
    "test_cluster",
    "test_aws_v2",
    "test_hindered_jobs",
    "test_preflight",
    "test_permissions",
    "test_protection",
    "test_coder_v2",
    "test_adoption",
    "test_aws_killed",
    "test_secrets",
    "test_rds",
    "test_flexible_server",
)
"""The files that take longest, which start first; the others of their folder follow."""


@pytest.fixture(scope="session", autouse=True)
def _project_directory() -> Iterator[None]:
    """Run from the project's directory, as the engine runs the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="session")
def charts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both charts in all versions, packaged."""
    return chart_server.build(tmp_path_factory.mktemp("charts"))


@pytest.fixture(scope="session")
def charts_url(charts_folder: Path) -> Iterator[str]:
    """Where both charts are served, each at the path of its flavour."""
    with chart_server.serve(charts_folder) as url:
        yield url


@pytest.fixture(scope="session", autouse=True)
def _cache_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache of the run's own for fetched charts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODER_SANDBOX_HOME", str(paths.HOME))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest, so that no worker is left with it at the end."""

    def position(item: pytest.Item) -> tuple[int, int]:
        folder = item.path.relative_to(ROOT / "tests").parts[0]
        name = item.path.stem
        return FOLDERS.index(folder), LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=position)


def pytest_report_teststatus(report: object, config: pytest.Config) -> tuple[str, str, str] | None:
    """In a parallel run, a line for each test that takes long or fails."""
    node = getattr(report, "node", None)
    if not isinstance(report, pytest.TestReport) or node is None:
        return None
    if not report.failed and report.duration < SHOWN_SECONDS:
        return None
    line = f"[{node.gateway.id}] {report.outcome} {report.duration:.0f} s {report.nodeid}"
    if config.get_terminal_writer().width_of_current_line:
        line = f"\n{line}"
    if report.when == "call":
        return report.outcome, f"{line} ", report.outcome.upper()
    return "error" if report.failed else "", f"{line} ({report.when}) ", "ERROR"


class Sandboxes:
    """Takes down, at the end of a run, what its workers may have left running."""

    def __init__(self) -> None:
        self.workers: set[str | None] = {None}
        self.used = False

    def pytest_testnodeready(self, node: Any) -> None:
        """A worker has started."""
        self.workers.add(node.gateway.id)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A test starts, on any worker."""
        self.used = self.used or nodeid.startswith("tests/sandbox/")

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Iterator[None]:
        """The tests are over, also where one failed or the run was interrupted."""
        yield
        _kill_children()
        if not self.used:
            return
        downs = [
            subprocess.Popen(
                [sys.executable, "-m", "sandbox", "down"],
                cwd=ROOT,
                env=os.environ | {"CODER_SANDBOX_INSTANCE": instance},
            )
            for instance in {sandbox_instance(worker) for worker in self.workers}
        ]
        if any([down.wait() for down in downs]):
            pytest.exit("a sandbox of the tests is still running", returncode=1)


def _kill_children() -> None:
    """Kill what killed workers have left of the processes that they started."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            mine = f"CODER_TEST_RUN={RUN_ID}\0".encode() in (process / "environ").read_bytes()
            if mine and int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)


def pytest_configure(config: pytest.Config) -> None:
    """Have the process that leads the run clean up, also when it is told to end."""
    if not WORKER:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        config.pluginmanager.register(Sandboxes())
