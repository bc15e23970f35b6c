"""A stack of the program on the simulated AWS, and the account's records of it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox.cluster import topology
from sandbox.postgres.server import Server
from sandbox.providers.aws.region import Region, server_name
from tests.conftest import ROOT
from tests.sandbox.stack import Stack

REGION = Region(topology.REGION)


class AwsStack(Stack):
    """One environment: a namespace, an RDS instance and a Coder."""

    def __init__(self, name: str, folder: Path, **settings: Any) -> None:
        super().__init__(name, folder, **settings)
        for key in ("existing", "zone"):
            if key not in settings:
                del self.settings[key]
        self.set(cloud="aws", cluster={"name": "dev"})

    @property
    def instance(self) -> dict[str, Any]:
        """The one instance that carries the stack's tag."""
        (found,) = self.instances
        return found

    @property
    def instances(self) -> list[dict[str, Any]]:
        """All instances that carry the stack's tag."""
        return [
            each
            for each in account()["instances"].values()
            if each["tagsAll"]["coder:stack"] == f"coder/{self.name}"
        ]

    @property
    def server(self) -> Server:
        """The real server behind the instance."""
        return Server(server_name(self.instance))

    def trigger(self, command: str, *words: str) -> None:
        """Trigger an event of the instance, without Pulumi."""
        words = (command, self.instance["identifier"], *words)
        run = [sys.executable, "-m", "sandbox", "events", "aws", *words]
        subprocess.run(run, cwd=ROOT, check=True, timeout=120)

    def delete_server(self) -> None:
        """Do nothing: the account is deleted after the tests."""


def account() -> dict[str, Any]:
    """The whole state of the simulated account."""
    return REGION.read()


def snapshots(stack: str) -> list[str]:
    """The names of the final snapshots that a stack has left."""
    prefix = f"coder-coder-{stack}-final-"
    return sorted(name for name in account()["snapshots"] if name.startswith(prefix))


def in_place(printed: str) -> None:
    """Assert that the update replaced and deleted no AWS resource."""
    assert re.search(r"aws:rds:Instance \S+ updated", printed), printed
    assert not re.search(r"(?m)^ *(\+-|-|\+\+|--) +aws:", printed), printed


def on_rds(stack: AwsStack) -> None:
    """Assert that Coder uses the stack's own instance, with a verified certificate."""
    database = stack.coder().buildinfo()["database"]
    assert database["host"] == stack.instance["address"]
    assert database["certificate_verified"]
