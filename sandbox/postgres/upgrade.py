"""Major version upgrades of a server, by dump and restore."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sandbox import SandboxError
from sandbox.postgres.declaration import SUPERUSER, Declaration
from sandbox.postgres.servers import Server

DECLARATION = "server.json"


class UpgradableServer(Server):
    """A server that can move to another major version."""

    def upgrade(self, major: str, settings: Mapping[str, str]) -> None:
        """Upgrade the server; if that fails, it keeps its version and data."""
        self._roll_back()
        try:
            if self.version == major:  # a process was killed after the last step
                self.configure(settings)
                self.restart()
            else:
                self._upgrade(major, settings)
        except SandboxError:
            self._roll_back()
            raise

    def _upgrade(self, major: str, settings: Mapping[str, str]) -> None:
        """Dump all databases and roles, and load them into new files of the other version."""
        given, data, old = self._declaration, self._directory / "data", self._old
        old.mkdir()
        shutil.copy(self._directory / DECLARATION, old)
        # No client may write between the dump and the load.
        no_clients = {"listen_addresses": ""}
        self.configure({**given.settings, **no_clients})
        self.restart()
        dump = self._run("pg_dumpall", "--host", str(self._inside), "--username", SUPERUSER)
        self.stop()
        data.rename(old / "data")
        self._declare(replace(given, version=major, settings={**settings, **no_clients}))
        options = ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
        options += ["--auth-local", "peer", "--auth-host", "reject", "--no-sync"]
        shutil.rmtree(self._directory / "new", ignore_errors=True)
        self._run("initdb", "--pgdata", f"{self._inside}/new", *options)
        (self._directory / "new").rename(data)
        self.start()
        dump = dump.replace(f"CREATE ROLE {SUPERUSER};\n", "", 1)  # initdb has created it
        options = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"]
        options += ["--host", str(self._inside), "--username", SUPERUSER, "--dbname", "postgres"]
        self._run("psql", *options, input=dump)
        self.configure(settings)
        self.restart()
        replaced = self._directory / "replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        old.rename(replaced)
        shutil.rmtree(replaced)

    def _roll_back(self) -> None:
        """Restore the files from before an upgrade that did not complete."""
        data, old = self._directory / "data", self._old
        if not old.exists():
            return
        self.stop()
        if (old / "data").exists():
            shutil.rmtree(data, ignore_errors=True)
            (old / "data").rename(data)
        if (old / DECLARATION).exists():
            self._declare(Declaration(**json.loads((old / DECLARATION).read_text())))
        shutil.rmtree(old)
        self.start()

    @property
    def _old(self) -> Path:
        return self._directory / "old"
