"""Runs the Jobs' scripts against a real server, as a pod does."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.coder import aftercheck as aftercheck_module
from components.coder import preflight as preflight_module
from components.database import database as database_module
from components.database.ownership import ownership_env
from components.database.spec import DatabaseSpec
from components.kubernetes.client import Cluster
from components.kubernetes.job_settings import JobPods
from tests.database.server import ADMIN, ADMIN_PASSWORD, RealServer

PASSWORDS = {"blue": "blu3-canary", "green": "gr33n-canary"}
PREFLIGHT = {
    "CHART_VERSION": "1.44.3",
    "MINIMUM_VERSION": "11",
    "REPLICAS": "1",
    "CONNECTIONS": "60",
    "RESERVE": "10",
    "LATENCY_GATE": "off",
    "LATENCY_LIMIT_MS": "10",
    "SECONDS_OF_LOAD": "1",
    "TAIL_PERCENT": "20",
    "OLD_TRANSACTION": "1 minute",
    "SHORT_TRANSACTION_SECONDS": "10",
}


@dataclass(frozen=True)
class Done:
    """How a Job ended."""

    code: int
    said: str
    """The termination message, which Pulumi shows."""
    printed: str
    """The pod's log."""


class Jobs:
    """The Jobs of one stack on one server."""

    def __init__(
        self,
        server: RealServer,
        folder: Path,
        *,
        stack: str = "coder/dev",
        flavour: str = "classic",
        database: str = "coder",
        adopted_flavour: str = "",
        created_server: bool = False,
        admin: tuple[str, str] = (ADMIN, ADMIN_PASSWORD),
    ) -> None:
        self.server = server
        self.folder = folder
        self.database = database
        self.admin = admin
        self.adopted_flavour = adopted_flavour
        self.created_server = created_server
        self.spec = DatabaseSpec(
            stack=stack,
            flavour=flavour,
            cluster=Cluster(""),
            namespace="coder",
            create_namespace=True,
            password_generation=1,
            job_pods=JobPods(image=""),
            protect=True,
        )

    def roles(self, **env: str) -> Done:
        username, password = self.admin
        ours = ownership_env(self.spec, self.adopted_flavour, created_server=self.created_server)
        login = {"username": username, "password": password, **PASSWORDS}
        return self._run(database_module.SCRIPTS, login, {"DATABASE": self.database, **ours, **env})

    def preflight(self, username: str = "", password: str = PASSWORDS["blue"], **env: str) -> Done:
        """The preflight of the blue login, or of a given one."""
        return self._run(
            preflight_module.SCRIPTS,
            {"password": password},
            {
                **PREFLIGHT,
                **ownership_env(self.spec, self.adopted_flavour),
                "PGDATABASE": self.database,
                "PGUSER": username or f"{self.database}_blue",
                **env,
            },
        )

    def aftercheck(self, since: str, **env: str) -> Done:
        """The after-check of the blue login, which does not wait."""
        login = {"PGDATABASE": self.database, "PGUSER": f"{self.database}_blue"}
        return self._run(
            aftercheck_module.SCRIPTS,
            {"password": PASSWORDS["blue"]},
            {**login, "SINCE": since, "SECONDS_TO_WAIT": "0", "MIGRATION_SECONDS": "0", **env},
        )

    def _run(
        self, scripts: Sequence[Path], login: Mapping[str, str], env: Mapping[str, str]
    ) -> Done:
        for name in ("login", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)
        for key, value in login.items():
            (self.folder / "login" / key).write_text(value)
        # What waiting would cure is repeated at once.
        (self.folder / "sleep").write_text("#!/bin/sh\n")
        (self.folder / "sleep").chmod(0o755)
        path = f"{self.folder}:{self.server.environment['PATH']}"
        text = "\n".join(each.read_text() for each in scripts)
        text = re.sub(r"/dev(?=/termination-log)|(?=/(tmp|login)/)", str(self.folder), text)
        done = subprocess.run(
            ["/bin/sh", "-eu", "-c", text],
            env={**self.server.environment, "PATH": path, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        log = self.folder / "termination-log"
        said = log.read_text() if log.exists() else ""
        return Done(done.returncode, said, done.stdout + done.stderr)
