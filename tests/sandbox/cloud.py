"""A stack of the program on a simulated cloud, and the account's records of it."""

import datetime
import os
import re
import subprocess
import sys
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from sandbox.postgres.server import Server
from sandbox.providers.cloud.base import Cloud
from tests.conftest import ROOT
from tests.sandbox.stack import Stack, kill, wait


def now() -> str:
    """The time, as `restoreFrom.time` has it."""
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"


class CloudStack(Stack):
    """One environment: a namespace, a server of the cloud and a Coder."""

    cloud_name: ClassVar[str]
    account: ClassVar[Cloud]
    name_key: ClassVar[str]
    """The key of a server's name in its record."""

    def __init__(self, name: str, folder: Path, **settings: Any) -> None:
        super().__init__(name, folder, **settings)
        for key in ("existing", "zone"):
            if key not in settings:
                del self.settings[key]
        self.set(**{"cloud": self.cloud_name, "cluster": {"name": "dev"}, **settings})

    @abstractmethod
    def owns(self, instance: dict[str, Any]) -> bool:
        """Whether the record is of this stack's server."""

    @property
    def instance(self) -> dict[str, Any]:
        """The stack's one server."""
        (found,) = self.instances
        return found

    @property
    def instances(self) -> list[dict[str, Any]]:
        """All servers with the stack's label."""
        return [each for each in self.account.read()["instances"].values() if self.owns(each)]

    @property
    def server(self) -> Server:
        """The real server behind the instance."""
        return Server(self.account.server(self.account.read(), self.instance).name)

    def trigger(self, command: str, *words: str) -> None:
        """Trigger an event of the instance, without Pulumi."""
        words = (command, self.instance[self.name_key], *words)
        run = [sys.executable, "-m", "sandbox", "events", self.account.cloud, *words]
        subprocess.run(run, cwd=ROOT, check=True, timeout=120)

    def delete_server(self) -> None:
        """Do nothing: the account is deleted after the tests."""

    def in_place(self, printed: str) -> None:
        """Assert that the update changed the cloud's resources in place only."""
        cloud = self.account.cloud
        assert re.search(rf"{cloud}:\S+ \S+ updated", printed), printed
        assert not re.search(rf"(?m)^ *(\+-|-|\+\+|--) +{cloud}:", printed), printed

    def adopts_a_killed_creation(self, key: str) -> None:
        """Kill the update that creates the server, and assert that recovery takes the server back.

        `key` is the one of the server's record that a second server would not have.
        """
        command = self.command("up", "--yes", "--skip-preview")
        slow = os.environ | {"SANDBOX_CLOUD_SECONDS": "60"}
        update = subprocess.Popen(command, cwd=ROOT, env=slow, stdout=subprocess.DEVNULL)
        try:
            # Killed earlier, the cloud would not complete the server.
            kinds = ["backup"]
            wait(
                "the server",
                lambda: [(x["work"] or {}).get("kind") for x in self.instances] == kinds,
            )
        finally:
            kill(update.pid)
            update.wait()
        made = self.instance[key]
        recover = [sys.executable, "-m", "sandbox", "recover", self.name]
        done = subprocess.run(recover, cwd=ROOT, timeout=300, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "was imported as" in done.stdout, done.stdout
        self.up()
        assert self.instance[key] == made
