"""A stack of a cloud's server alone, in a simulated account of its own."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import yaml

from sandbox.machine import network, paths, services
from tests import permissions
from tests.engine.stack import Stack
from tests.recipes import Typist

INSTANCE = "postgres-server"


class CloudStack(Stack):
    """The program's server of one cloud in a simulated account of its own."""

    cloud_name: ClassVar[str]
    provider: ClassVar[str]
    scope: ClassVar[str]
    """The part of the account that the server is in: a region, a project or a subscription."""
    name_key: ClassVar[str]
    """The key of the server's name in the account's record."""
    own_settings: ClassVar[dict[str, Any]]
    made: ClassVar[list["CloudStack"]] = []
    """All stacks of all clouds."""

    def __init__(self, folder: Path, environment: dict[str, str], name: str = "dev") -> None:
        kubeconfig = folder.parent / "kubeconfig"
        cluster = {"name": "dev", "cluster": {"server": network.API_URL}}
        context = {"name": "dev", "context": {"cluster": "dev", "user": "dev"}}
        user = {"name": "dev", "user": {"token": "t"}}
        text = {
            "current-context": "dev",
            "clusters": [cluster],
            "contexts": [context],
            "users": [user],
        }
        kubeconfig.write_text(yaml.safe_dump(text))
        super().__init__(
            folder,
            environment
            | {
                "KUBECONFIG": str(kubeconfig),
                "PYTHONPATH": str(paths.ROOT),
                "SANDBOX_CLOUDS": str(folder),
                "SANDBOX_CLOUD_SECONDS": "0",
                "SANDBOX_CLOUD_SERVERS": "none",
            },
            name,
        )
        self.made.append(self)
        project = yaml.safe_load((paths.ROOT / "Pulumi.yaml").read_text()) | {"runtime": "python"}
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
        program = Path(__file__).with_name("cloud_program.py").read_text()
        (folder / "__main__.py").write_text(program)
        self.settings: dict[str, Any] = {
            **self.own_settings,
            "coder:cloud": self.cloud_name,
            "coder:chartRepository": f"{environment['CHARTS_URL']}/classic",
        }
        self.set()

    def set(self, **changes: Any) -> Self:
        """Change settings, as an editor of the stack's file would."""
        self.settings |= {f"coder:{key}": value for key, value in changes.items()}
        file = self.folder / f"Pulumi.{self.name}.yaml"
        kept = yaml.safe_load(file.read_text()) if file.exists() else {}
        file.write_text(yaml.safe_dump(kept | {"config": self.settings}))
        return self

    def follow(self, recipe: str, names: Mapping[str, str] | None = None, *, block: int = 0) -> str:
        """Type the commands of a recipe of the runbook; returns what they print."""
        typist = Typist(self.folder, self.environment, self.name, self.folder / "programs")
        said = typist.type(recipe, names or {}, block=block, fails="", typed="")
        file = self.folder / f"Pulumi.{self.name}.yaml"
        self.settings = yaml.safe_load(file.read_text())["config"]
        return said

    def check_permissions(self) -> None:
        """Fail if a request needed what no file in permissions/ grants."""
        used = [self.provider] if self._account.exists() else []
        permissions.check(self.folder, used)

    @property
    def _account(self) -> Path:
        return self.folder / self.provider / f"{self.scope}.json"

    def account(self) -> dict[str, Any]:
        """All that the simulated account holds."""
        return json.loads(self._account.read_text())

    def instance(self) -> dict[str, Any]:
        (found,) = self.account()["instances"].values()
        return found

    def trigger(self, *words: str) -> str:
        """Trigger an event of the instance, without Pulumi."""
        command, *rest = words
        run = [sys.executable, "-m", "sandbox", "events", self.provider, command]
        run += [self.instance()[self.name_key], *rest]
        done = subprocess.run(run, env=self.environment, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def happens(self, **changes: Any) -> None:
        """Change what the account stores of its instances, without Pulumi."""
        account = self.account()
        for instance in account["instances"].values():
            instance |= changes
        self._account.write_text(json.dumps(account))

    def killed(self, status: str, *words: str) -> None:
        """Kill the engine once the instance has that status, and release its lock."""
        self.kill(status, *words)
        self._good("cancel", "--yes")

    def kill(self, status: str, *words: str) -> None:
        """Kill the engine once the instance has that status, and see the plugin end with it."""
        slow = self.environment | {"SANDBOX_CLOUD_SECONDS": "60"}
        engine = subprocess.Popen(
            self.command(*words), cwd=self.folder, env=slow, stdout=subprocess.DEVNULL
        )
        try:
            services.wait_until(lambda: self._statuses() == [status], status, 40)
        finally:
            engine.kill()
            engine.wait()
        plugin = self.instance()["work"]["process"].partition(":")[0]
        services.wait_until(
            lambda: not Path("/proc", plugin, "exe").exists(), "the plugin's end", 10
        )

    def _statuses(self) -> list[str]:
        if not self._account.exists():
            return []
        return [each["status"] for each in self.account()["instances"].values()]

    def refuses_before_it_is_made(self, **changes: Any) -> str:
        """A first update is refused and makes nothing; what is said, and the settings as before."""
        settings = dict(self.settings)
        said = self.set(**changes).fails("up", "--yes", "--skip-preview")
        assert not self._account.exists() or not self.account()["instances"], "it was made"
        self.settings = settings
        self.set()
        return said

    def refuses(self, *, words: tuple[str, ...] = ("preview",), **changes: Any) -> str:
        """A change is refused and touches nothing; what is said, and the settings as before."""
        before, settings = self.account(), dict(self.settings)
        said = self.set(**changes).fails(*words)
        assert self.account() == before, "something was touched"
        self.settings = settings
        self.set()
        return said


def changes(said: str) -> set[str]:
    """The kinds of change in the summary of an update or preview."""
    kinds = {"created", "updated", "replaced", "deleted", "create", "update", "replace", "delete"}
    return set(re.findall(r"^    \S+ \d+ (?:to )?(\w+)", said, re.MULTILINE)) & kinds
