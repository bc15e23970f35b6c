"""Major version upgrades of a server, by dump and restore."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sandbox import SandboxError
from sandbox.postgres import configuration, programs
from sandbox.postgres.configuration import RECORD
from sandbox.postgres.roles import SUPERUSER
from sandbox.postgres.server import Server


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
        before, data, old = self._configuration, self._directory / "data", self._old
        old.mkdir()
        shutil.copy(self._directory / RECORD, old)
        # No client may write between the dump and the load.
        no_clients = {"listen_addresses": ""}
        self.configure({**before.settings, **no_clients})
        self.restart()
        # As pg_upgrade does, with the new version's program: it knows the new rules for grants.
        where = ("--host", str(self._inside), "--username", SUPERUSER)
        dump = programs.run(major, "pg_dumpall", *where)
        self.stop()
        data.rename(old / "data")
        self._write_configuration(
            replace(before, version=major, settings={**settings, **no_clients})
        )
        shutil.rmtree(self._directory / "new", ignore_errors=True)
        self._initdb()
        (self._directory / "new").rename(data)
        self.start()
        dump = dump.replace(f"CREATE ROLE {SUPERUSER};\n", "", 1)  # initdb has created it
        self._psql("--dbname", "postgres", input=dump)
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
        if (old / RECORD).exists():
            self._write_configuration(configuration.read(old))
        shutil.rmtree(old)
        self.start()

    @property
    def _old(self) -> Path:
        return self._directory / "old"
