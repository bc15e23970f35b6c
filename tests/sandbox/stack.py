"""A stack of the program in the sandbox, with settings of the test's own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from recovery import processes
from sandbox.engine import home
from sandbox.engine import stack as engine_stack
from sandbox.machine import paths
from sandbox.postgres.server import Server
from tests.conftest import ROOT
from tests.recipes import Typist

Settings = dict[str, Any]
POLICIES = ("--policy-pack", "policy")
"""The options with which `make up` runs."""
PASSWORDS = paths.PULUMI / "passwords"
SOON_READY = {"coderd": {"readiness": {"initialDelaySeconds": 0, "periodSeconds": 1}}}
"""Faster probes of the classic chart, whose defaults delay each update by 10 s or more."""


class Stack:
    """One environment: a namespace, a PostgreSQL server and a Coder."""

    def __init__(self, name: str, folder: Path, **settings: Any) -> None:
        self.name = name
        self.host = f"{name}.coder.internal"
        self.file = folder / f"Pulumi.{name}.yaml"
        self.settings: Settings = {
            "cloud": "existing",
            "cluster": {},
            "zone": "us-east-1a",
            "namespace": name,
            "existing": {"host": self.host, "adminUsername": "coder_admin"},
            "protect": False,
            # Measuring takes 15 s; the tests of the latency gate switch it on.
            "latencyGate": "off",
        }
        if not str(settings.get("chartVersion", "")).startswith("2"):
            self.settings["chartValues"] = SOON_READY
        self.set(**settings)
        self._outputs: dict[str, Any] | None = None

    @property
    def server(self) -> Server:
        """The PostgreSQL server that the sandbox created for the stack."""
        return Server(self.host.partition(".")[0])

    def set(self, **settings: Any) -> "Stack":
        """Change settings, as `pulumi config set` would."""
        self.settings |= settings
        config = {f"coder:{key}": value for key, value in self.settings.items()}
        self.file.write_text(yaml.safe_dump({"config": config}))
        return self

    def secret(self, part: str, value: str) -> "Stack":
        """Set `existing.<part>` encrypted, as `pulumi config set --secret` would."""
        home.write_private(PASSWORDS / f"coder-{self.name}-coder-existing.{part}", value)
        return self.set(existing=self.settings["existing"] | {part: {"secure": "v1:elsewhere"}})

    def command(self, *words: str) -> list[str]:
        """The command line that runs the CLI on this stack."""
        command = [sys.executable, "-m", "sandbox", "pulumi", *words]
        return [*command, "--stack", self.name, "--config-file", str(self.file)]

    def run(self, *words: str, timeout: int = 600) -> subprocess.CompletedProcess[str]:
        """Run the CLI on this stack; stderr is merged into stdout."""
        self._outputs = None
        return subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env=os.environ | {"NO_COLOR": "1"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )

    @contextlib.contextmanager
    def updating(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """An update that runs beside the block, in a process group of its own."""
        with log.open("wb") as output:
            update = subprocess.Popen(
                self.command("up", "--yes", "--skip-preview"),
                cwd=ROOT,
                env=os.environ | {"NO_COLOR": "1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield update
        finally:
            kill(update.pid)
            update.wait()

    def interrupt(self, log: Path, line: str, seconds: float) -> str:
        """Press Ctrl-C once an update has printed the line; returns what it printed."""
        self._outputs = None
        with self.updating(log) as update:
            wait(line, lambda: line in " ".join(log.read_text().split()), seconds)
            # As a terminal does: to all processes of the group.
            os.killpg(update.pid, signal.SIGINT)
            assert update.wait(60) != 0, log.read_text()
        printed = log.read_text()
        assert "Traceback" not in printed, printed
        return " ".join(printed.split())

    def up(self, *words: str) -> str:
        """Update without a preview; returns the output."""
        result = self.run("up", "--yes", "--skip-preview", *words)
        assert result.returncode == 0, result.stdout
        return result.stdout

    def up_with_policies(self) -> None:
        """Update with the policy pack, whose mandatory rules must hold."""
        printed = self.up(*POLICIES)
        assert "coder@v1.0.0 (local: policy)" in printed
        assert "can't run policy" not in printed, printed

    def unchanged(self) -> None:
        """Assert that another update changes nothing."""
        self.up("--expect-no-changes")

    def fails(self, *words: str) -> str:
        """Run a command that must fail without a traceback; returns the output."""
        result = self.run(*words)
        assert result.returncode != 0, f"{' '.join(words)} should have failed:\n{result.stdout}"
        assert "Traceback" not in result.stdout, result.stdout
        return result.stdout

    def follow(
        self,
        recipe: str,
        names: Mapping[str, str] | None = None,
        *,
        block: int = 0,
        fails: str = "",
        typed: str = "",
    ) -> str:
        """Type the commands of a recipe of the runbook; returns what they print."""
        self._outputs = None
        engine_stack.Stack(self.name).ensure()
        typist = Typist(
            ROOT,
            home.environment(),
            self.name,
            self.file.with_name(f"{self.name}-programs"),
            pulumi=(sys.executable, "-m", "sandbox", "pulumi"),
            settings=("--config-file", str(self.file)),
        )
        said = typist.type(recipe, names or {}, block=block, fails=fails, typed=typed)
        written = yaml.safe_load(self.file.read_text())["config"]
        self.settings = {key.removeprefix("coder:"): value for key, value in written.items()}
        return said

    def recovery(self) -> str:
        """Run the runbook's command for a killed update; returns the output."""
        settings = engine_stack.Stack(self.name).settings
        command = [sys.executable, "-m", "recovery", "--stack", self.name, "--yes"]
        done = subprocess.run(
            [*command, "--config-file", str(settings)],
            cwd=ROOT,
            env=home.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def discard(self) -> None:
        """Delete the stack's namespaces and server to free the sandbox's resources."""
        spaces = (f"{self.settings['namespace']}{suffix}" for suffix in ("", "-database"))
        kubectl("delete", "namespace", *spaces, "--ignore-not-found", "--wait=false")
        self.delete_server()

    def delete_server(self) -> None:
        """Delete the server, which is not part of the stack."""
        if self.server.exists:
            self.server.delete()

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs as of the last command; a secret one would be masked."""
        if self._outputs is None:
            self._outputs = self._stack("output", "--json")
        return self._outputs

    def state(self) -> dict[str, Any]:
        """The state as it is stored, secrets encrypted."""
        return self._stack("export")

    def _stack(self, *words: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "sandbox", "pulumi", "stack", *words]
        command += ["--stack", self.name]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def coder(self) -> "CoderPage":
        """Coder at the address that the stack exports."""
        return CoderPage(self.outputs()["accessUrl"])


class CoderPage:
    """Client of the stand-in Coder's HTTP API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def buildinfo(self) -> dict[str, Any]:
        """Coder's build info, with the database that it uses."""
        return self.get("/api/v2/buildinfo")

    def users(self) -> list[str]:
        """The names of all users."""
        return sorted(user["username"] for user in self.get("/api/v2/users")["users"])

    def add_user(self, name: str) -> None:
        """Create a user."""
        body = json.dumps({"username": name}).encode()
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/api/v2/users", body, {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as answer:  # noqa: S310
            return json.load(answer)


def kubectl(*words: str, check: bool = True) -> str:
    """The output of a kubectl command."""
    return _printed("kubectl", *words, check=check)


def helm(*words: str) -> str:
    """The output of a helm command."""
    return _printed("helm", *words)


def history(stack: Stack) -> list[dict[str, Any]]:
    """The revisions of the stack's Helm release."""
    return json.loads(helm("-n", stack.name, "history", "coder", "-o", "json"))


def _printed(program: str, *words: str, check: bool = True) -> str:
    done = subprocess.run(
        [paths.BIN / program, *words],
        env=os.environ | {"KUBECONFIG": str(paths.KUBECONFIG)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def kill(process: int) -> None:
    """Kill a process and all its descendants at once, like a power failure."""
    running = processes.running().values()
    ids, found = [process], [process]
    while found:
        found = [each.id for each in running if each.parent in found]
        ids += found
    for id in ids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(id, signal.SIGKILL)


def wait(what: str, true: Callable[[], object], seconds: float = 180) -> None:
    """Wait until the condition is true; the failure message names it."""
    end = time.monotonic() + seconds
    while not _holds(true):
        assert time.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.5)


def _holds(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except OSError:
        return False


def merged(settings: Mapping[str, Any], **more: Any) -> Settings:
    """An object setting with more keys."""
    return {**settings, **more}
