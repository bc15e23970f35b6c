"""PostgreSQL servers with TLS: real ones, each with an address and a name as in a cloud.

A server's administrator is no superuser. The superuser is the sandbox's own, on a socket that no
pod can reach.
"""

import json
import pwd
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict

from sandbox import SandboxError
from sandbox.machine import dns, files, lock, namespaces, network, paths, services
from sandbox.machine.certificate_authority import CertificateAuthority
from sandbox.postgres import declaration, programs
from sandbox.postgres.declaration import PORT, Declaration
from sandbox.postgres.programs import ACCOUNT

NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
READY_SECONDS = 60


class Server:
    """A PostgreSQL server, whether it exists yet or not."""

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise SandboxError(f"no name for a server: {name!r} (a-z, then a-z, 0-9 and -, to 60)")
        self.name = name
        self.service_name = f"postgres-{name}"
        self.port = PORT
        self._directory = paths.POSTGRES / name
        self._inside = paths.INSIDE_POSTGRES / name

    @classmethod
    def create(
        cls,
        name: str,
        host: str,
        *,
        username: str,
        password: str,
        version: str = "17",
        tls: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> "Server":
        """Make a server with an administrator, and start it."""
        server = cls(name)
        server._reserve(host, version, tls, settings or {})
        options = ["--username", declaration.SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
        options += ["--auth-local", "peer", "--auth-host", "reject", "--no-sync"]
        server._run("initdb", "--pgdata", f"{server._inside}/new", *options)
        single = ["--single", "-D", f"{server._inside}/new", "-c", "exit_on_error=on", "postgres"]
        server._run("postgres", *single, input=declaration.administrator(username, password))
        return server._complete()

    @classmethod
    def create_standby(cls, name: str, host: str, primary: "Server") -> "Server":
        """Make a server that streams from another and can only be read, and start it."""
        given = primary._declaration
        server = cls(name)
        server._reserve(host, given.version, given.tls, given.settings)
        source = ["--host", str(primary._inside), "--username", declaration.SUPERUSER]
        options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]
        server._run("pg_basebackup", "--pgdata", f"{server._inside}/new", *source, *options)
        return server._complete()

    def _reserve(self, host: str, version: str, tls: bool, settings: Mapping[str, str]) -> None:
        """Take an address, and have all that the data need but the data."""
        namespaces.require_init_pid()
        programs.inside(version, "postgres")  # installed now, not under the lock
        with lock.exclusive("postgres", wait=True):
            if self.exists:
                raise SandboxError(f"a PostgreSQL server {self.name} exists already")
            shutil.rmtree(self._directory, ignore_errors=True)
            address = choose_address([server.address for server in servers()])
            self._directory.mkdir(parents=True)
            self._declare(
                Declaration(host=host, address=address, version=version, tls=tls, settings=settings)
            )
        authority().issue(self._directory / "server", host, hosts=[host])
        for path in (self._directory, *self._directory.glob("server.[ck]*")):
            shutil.chown(path, ACCOUNT, pwd.getpwnam(ACCOUNT).pw_gid)
        self._directory.chmod(0o700)

    def _declare(self, declared: Declaration) -> None:
        text = json.dumps(asdict(declared), indent=2)
        files.write_atomically(self._directory / "server.json", text)
        for name, text in declaration.files(
            self._inside, declared.address, declared.tls, declared.settings
        ).items():
            files.write_atomically(self._directory / name, text)

    def _complete(self) -> "Server":
        """Let the server exist from now on."""
        (self._directory / "new").rename(self._directory / "data")
        dns.set_records(self.service_name, [(self.address, self.host)])
        self.start()
        return self

    def start(self) -> None:
        """Have the server run, now and after each `up`, and return when it takes connections."""
        if not self.exists:
            raise SandboxError(f"there is no PostgreSQL server {self.name}")
        self.declare()
        self.wait()

    def declare(self) -> None:
        """Have the server run, without waiting for it."""
        command = [
            str(programs.inside(self.version, "postgres")),
            "-D",
            str(self._inside / "data"),
        ]
        command += ["-c", f"config_file={self._inside / declaration.FILE}"]
        services.write(
            services.Service(
                name=self.service_name,
                command=command,
                user=ACCOUNT,
                address=self.address,
                stop_signal="SIGINT",  # waits for no client to leave
                grace_seconds=30,
            )
        )

    def wait(self) -> None:
        """Return when the server takes connections."""
        services.wait_until(
            lambda: self.running, f"PostgreSQL {self.name}", READY_SECONDS, self.service_name
        )

    def stop(self) -> None:
        """Stop the server until it is started again; its address no longer answers."""
        services.remove(self.service_name)
        services.wait_stopped(self.service_name)

    def restart(self) -> None:
        """Stop the server and start it again."""
        services.restart(self.service_name)
        self.wait()

    def configure(self, settings: Mapping[str, str]) -> None:
        """Give the server other settings; they hold from its next start."""
        self._declare(Declaration(**{**asdict(self._declaration), "settings": dict(settings)}))

    def delete(self) -> None:
        """Stop the server and delete all that it holds."""
        services.remove(f"latency-{self.name}")
        self.stop()
        dns.remove_records(self.service_name)
        shutil.rmtree(self._directory, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """What the statement gives the superuser: one line for each row, columns parted by |."""
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        options += ["--set", "ON_ERROR_STOP=1", "--host", str(self._inside)]
        options += ["--username", declaration.SUPERUSER, "--dbname", database, "--file", "-"]
        return self._run("psql", *options, input=statement).rstrip("\n")

    def describe(self) -> str:
        """The server in one line."""
        state = "running" if self.running else "stopped"
        return f"{self.name}: PostgreSQL {self.version} at {self.host} ({self.address}), {state}"

    @property
    def exists(self) -> bool:
        """Whether the server was made, and not deleted."""
        return (self._directory / "data").exists()

    @property
    def running(self) -> bool:
        """Whether the server takes connections."""
        state, file = (
            services.current_status(self.service_name),
            self._directory / "data" / "postmaster.pid",
        )
        try:
            lines = file.read_text().splitlines()
        except FileNotFoundError:
            return False
        # the first line is the server's process, the eighth the state; it is written bit by bit
        return bool(state and lines[:1] == [str(state.pid)] and lines[7:8] == ["ready   "])

    @property
    def host(self) -> str:
        """The name on its certificate, which resolves inside the sandbox."""
        return self._declaration.host

    @property
    def address(self) -> str:
        """The address that it listens on while it runs."""
        return self._declaration.address

    @property
    def version(self) -> str:
        """Its major version."""
        return self._declaration.version

    @property
    def _declaration(self) -> Declaration:
        try:
            return Declaration(**json.loads((self._directory / "server.json").read_text()))
        except FileNotFoundError:
            raise SandboxError(f"there is no PostgreSQL server {self.name}") from None

    def _run(self, program: str, *arguments: str, input: str = "") -> str:
        return programs.run(self.version, program, *arguments, input=input)


def authority() -> CertificateAuthority:
    """The CA of all servers' certificates, made before the first of them."""
    with lock.exclusive("postgres-ca", wait=True):
        return CertificateAuthority(paths.POSTGRES, "sandbox PostgreSQL")


def choose_address(taken: list[str]) -> str:
    """The first address of the databases' that is free."""
    for address in network.DATABASE_ADDRESSES:
        if address not in taken:
            return address
    raise SandboxError(f"all {len(network.DATABASE_ADDRESSES)} addresses of databases are taken")


def servers() -> list[Server]:
    """Every server, stopped ones included."""
    return [Server(file.parent.name) for file in sorted(paths.POSTGRES.glob("*/server.json"))]


def at(host: str) -> Server:
    """The server of that name, host name or address."""
    for server in servers():
        if host in (server.name, server.host, server.address):
            return server
    known = ", ".join(server.host for server in servers()) or "there is none"
    raise SandboxError(f"no PostgreSQL server at {host!r}; servers: {known}")


def remove_pid_files() -> None:
    """Forget the processes of a sandbox that has ended; their ids now mean others."""
    for file in paths.POSTGRES.glob("*/data/postmaster.pid"):
        file.unlink()


def resume() -> list[Server]:
    """Have every server run that was not stopped."""
    found = [
        server
        for server in servers()
        if server.exists and services.declaration_file(server.service_name).exists()
    ]
    for server in found:
        server.declare()
    return found
