"""The real PostgreSQL servers behind the simulated RDS instances."""

import json
import pwd
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from sandbox import SandboxError
from sandbox.machine import paths, readiness, services
from sandbox.postgres import declaration, scram
from sandbox.postgres.declaration import Declaration
from sandbox.postgres.servers import ACCOUNT, READY_SECONDS, Server, servers
from sandbox.providers.aws.account import folder
from sandbox.providers.aws.admission import RDS_NAME, name_of

Instance = dict[str, Any]
FIREWALL = "aws-firewall"
DECLARATION = "server.json"
SUPERUSER = declaration.SUPERUSER


class RealServers:
    """Does to real servers what RDS does to instances."""

    def create(self, instance: Instance, password: str, settings: dict[str, str]) -> None:
        """Make an empty server, its administrator no superuser."""
        Server.create(
            name_of(instance),
            instance["address"],
            username=instance["username"],
            password=password,
            version=_major(instance),
            settings=settings,
        )

    def copy(self, instance: Instance, source: Instance) -> None:
        """Stream all from the source, then part from it."""
        primary = Server(name_of(source))
        server = Server.create_standby(name_of(instance), instance["address"], primary)
        server.sql("SELECT pg_promote()")

    def restore(self, instance: Instance, snapshot: str) -> None:
        """Start a server on a copy of the snapshot's files."""
        Restored.create_from(
            name_of(instance), instance["address"], _major(instance), _kept(snapshot)
        )

    def snapshot(self, instance: Instance, name: str) -> None:
        """Stop the server, and keep a copy of its files."""
        server = Upgradable(name_of(instance))
        if not server.exists:
            raise SandboxError(f"there is no PostgreSQL server {server.name} to keep a copy of")
        server.stop()
        server.copy_data(_kept(name))

    def start(self, instance: Instance) -> None:
        """Start the server that was stopped."""
        Server(name_of(instance)).start()

    def delete(self, instance: Instance) -> None:
        """Delete the server, or what there is of it; that it is gone already is no error."""
        Server(name_of(instance)).delete()

    def set_password(self, instance: Instance, password: str) -> None:
        """Hand over a verifier, so that no log holds the password."""
        role, verifier = instance["username"], scram.verifier(password)
        Server(name_of(instance)).sql(f"ALTER ROLE \"{role}\" PASSWORD '{verifier}'")

    def configure(self, instance: Instance, settings: dict[str, str]) -> None:
        """Write the settings down and have those read that need no restart."""
        server = Server(name_of(instance))
        server.configure(settings)
        server.sql("SELECT pg_reload_conf()")

    def restart(self, instance: Instance, settings: dict[str, str]) -> None:
        """Restart with the settings."""
        server = Server(name_of(instance))
        server.configure(settings)
        server.restart()

    def upgrade(self, instance: Instance, settings: dict[str, str]) -> None:
        """Dump all, and load it into a new server of the other major version."""
        Upgradable(name_of(instance)).upgrade(_major(instance), settings)

    def guard(self) -> None:
        """Have the watcher of the security groups run, now and after each `up`."""
        self._clear_away()
        ready = paths.RUN / FIREWALL
        part = services.Service(
            name=FIREWALL,
            command=services.python("sandbox.providers.aws.firewall", str(folder()), str(ready)),
            ready=f"file://{ready}",
        )
        services.write(part)
        readiness.wait([FIREWALL], READY_SECONDS)

    def _clear_away(self) -> None:
        """Delete servers that no account knows, as a kill leaves them."""
        there = servers()  # first, for an account knows an instance before it has a server
        known = {
            name_of(instance)
            for file in folder().glob("*.json")
            for instance in json.loads(file.read_text())["instances"].values()
        }
        for server in there:
            if RDS_NAME.fullmatch(server.name) and server.name not in known:
                server.delete()


class Restored(Server):
    """A server that begins with the files of another."""

    @classmethod
    def create_from(cls, name: str, host: str, version: str, files: Path) -> "Restored":
        """Make it, and start it."""
        if not files.exists():
            raise SandboxError(f"no files are kept of the snapshot {files.name}")
        server = cls(name)
        server._reserve(host, version, True, {})
        target = server._directory / "new"
        shutil.copytree(files, target, symlinks=True)
        (target / "postmaster.pid").unlink(missing_ok=True)
        _own(target)
        server._complete()
        return server


class Upgradable(Server):
    """A server whose files can be kept, and brought to another major version."""

    def copy_data(self, target: Path) -> None:
        """Copy the files of the stopped server, in one step."""
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.new")
        # Nobody wrote down what was copied before a kill.
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self._directory / "data", partial, symlinks=True)
        partial.rename(target)

    def upgrade(self, major: str, settings: dict[str, str]) -> None:
        """Move to another major version, or stay as it was where that fails."""
        self._roll_back()
        try:
            if self.version == major:  # a kill came just after the end
                self.configure(settings)
                self.restart()
            else:
                self._upgrade(major, settings)
        except SandboxError:
            self._roll_back()
            raise

    def _upgrade(self, major: str, settings: dict[str, str]) -> None:
        """Dump, make new files, load: the roles, the databases and all that is in them."""
        given, data, old = self._declaration, self._directory / "data", self._old
        old.mkdir()
        shutil.copy(self._directory / DECLARATION, old)
        # Nobody may write what the dump no longer holds, nor what it has yet to load.
        alone = {"listen_addresses": ""}
        self.configure({**given.settings, **alone})
        self.restart()
        dump = self._run("pg_dumpall", "--host", str(self._inside), "--username", SUPERUSER)
        self.stop()
        data.rename(old / "data")
        self._declare(replace(given, version=major, settings={**settings, **alone}))
        options = ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
        options += ["--auth-local", "peer", "--auth-host", "reject", "--no-sync"]
        shutil.rmtree(self._directory / "new", ignore_errors=True)
        self._run("initdb", "--pgdata", f"{self._inside}/new", *options)
        (self._directory / "new").rename(data)
        self.start()
        dump = dump.replace(f"CREATE ROLE {SUPERUSER};\n", "", 1)  # it is there already
        options = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"]
        options += ["--host", str(self._inside), "--username", SUPERUSER, "--dbname", "postgres"]
        self._run("psql", *options, input=dump)
        self.configure(settings)
        self.restart()
        done = self._directory / "replaced"
        shutil.rmtree(done, ignore_errors=True)
        old.rename(done)
        shutil.rmtree(done)

    def _roll_back(self) -> None:
        """Go back to the files from before an upgrade that did not come to its end."""
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


def _major(instance: Instance) -> str:
    return str(instance["engineVersionActual"]).split(".")[0]


def _kept(snapshot: str) -> Path:
    return folder() / "snapshots" / snapshot


def _own(path: Path) -> None:
    for each in (path, *path.rglob("*")):
        shutil.chown(each, ACCOUNT, pwd.getpwnam(ACCOUNT).pw_gid)
    path.chmod(0o700)
