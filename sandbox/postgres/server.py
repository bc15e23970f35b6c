"""One PostgreSQL server: create, start, stop, configure and delete it.

The administrator of a server is not a superuser, as in a managed service.
"""

import pwd
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sandbox import SandboxError
from sandbox.machine import dns, lock, namespaces, network, paths, services
from sandbox.postgres import configuration, programs, roles, tls
from sandbox.postgres.configuration import USUAL, Certificate, Endpoint, ServerConfiguration
from sandbox.postgres.programs import OS_USER
from sandbox.postgres.roles import SUPERUSER

NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
READY_SECONDS = 60


class Server:
    """A PostgreSQL server with this name, which may not exist yet."""

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            raise SandboxError(
                f"invalid server name {name!r}: it must start with a letter a-z and have at most "
                "60 characters, all of them a-z, 0-9 or -"
            )
        self.name = name
        self.service_name = f"postgres-{name}"
        self.port = configuration.PORT
        self._directory = paths.POSTGRES / name
        self._inside = paths.INSIDE_POSTGRES / name
        """The same directory as a path inside the sandbox."""

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
        endpoint: Endpoint = USUAL,
        group: str = "",
    ) -> "Server":
        """Create a server with an administrator and start it."""
        server = cls(name)
        server._prepare(host, version, tls, settings or {}, endpoint)
        server._initdb()
        single_user = ["--single", "-D", f"{server._inside}/new", "-c", "exit_on_error=on"]
        sql = roles.create_administrator(username, password, group)
        server._run("postgres", *single_user, "postgres", input=sql)
        return server._activate()

    @classmethod
    def create_standby(
        cls, name: str, host: str, primary: "Server", endpoint: Endpoint = USUAL
    ) -> "Server":
        """Create a streaming replica of another server and start it; it is read-only."""
        of_primary = primary._configuration
        server = cls(name)
        server._prepare(host, of_primary.version, of_primary.tls, of_primary.settings, endpoint)
        options = ["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]
        options += ["--host", str(primary._inside), "--username", SUPERUSER]
        server._run("pg_basebackup", "--pgdata", f"{server._inside}/new", *options)
        return server._activate()

    def _prepare(
        self,
        host: str,
        version: str,
        tls: bool,
        settings: Mapping[str, str],
        endpoint: Endpoint = USUAL,
    ) -> None:
        """Allocate an address and write all files except the data directory."""
        namespaces.require_init_pid()
        programs.path(version, "postgres")  # installs it, if necessary, before the lock is held
        with lock.exclusive("postgres", wait=True):
            if self.exists:
                raise SandboxError(f"PostgreSQL server {self.name} already exists")
            shutil.rmtree(self._directory, ignore_errors=True)
            used = {each.address for each in configuration.read_all()}
            if endpoint.address in used:
                raise SandboxError(f"another PostgreSQL server has the address {endpoint.address}")
            self._directory.mkdir(parents=True)
            self._write_configuration(
                ServerConfiguration(
                    host=host,
                    address=endpoint.address or free_address(used),
                    version=version,
                    tls=tls,
                    settings=settings,
                    plaintext=endpoint.plaintext,
                )
            )
        shutil.chown(self._directory, OS_USER, pwd.getpwnam(OS_USER).pw_gid)
        self._directory.chmod(0o700)
        self._issue(endpoint.certificate)

    def _issue(self, certificate: Certificate | None) -> None:
        tls.issue(self._directory / "server", self.host, certificate)
        for path in self._directory.glob("server.[ck]*"):
            shutil.chown(path, OS_USER, pwd.getpwnam(OS_USER).pw_gid)

    def _initdb(self) -> None:
        """Create an empty data directory `new`."""
        options = ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
        options += ["--auth-local", "peer", "--auth-host", "reject", "--no-sync"]
        self._run("initdb", "--pgdata", f"{self._inside}/new", *options)

    def _activate(self) -> "Server":
        """Rename `new` to `data`, after which the server exists, and start the server."""
        (self._directory / "new").rename(self._directory / "data")
        self.show_name()
        self.start()
        return self

    def show_name(self) -> None:
        """Let the host name resolve, unless it is the address."""
        if self.host != self.address:
            dns.set_records(self.service_name, [(self.address, self.host)])

    def hide_name(self) -> None:
        """Let the host name no longer resolve."""
        dns.remove_records(self.service_name)

    def start(self) -> None:
        """Start the server and wait until it is ready; after `down`, `up` starts it again."""
        self.require()
        self.declare_service()
        self.wait_ready()

    def declare_service(self) -> None:
        """Start the server without waiting for it."""
        data, conf = self._inside / "data", self._inside / configuration.POSTGRESQL_CONF
        postgres = programs.path(self.version, "postgres")
        services.write(
            services.Service(
                name=self.service_name,
                command=[str(postgres), "-D", str(data), "-c", f"config_file={conf}"],
                user=OS_USER,
                address=self.address,
                stop_signal="SIGINT",  # fast shutdown, which disconnects all clients
                grace_seconds=30,
            )
        )

    def wait_ready(self) -> None:
        """Wait until the server accepts connections."""
        services.wait_until(
            lambda: self.is_ready,
            f"PostgreSQL server {self.name} to be ready",
            READY_SECONDS,
            self.service_name,
        )

    def stop(self) -> None:
        """Stop the server; `up` does not start it again."""
        services.remove(self.service_name)
        services.wait_stopped(self.service_name)

    def restart(self) -> None:
        """Stop the server and start it again."""
        services.restart(self.service_name)
        self.wait_ready()

    def configure(self, settings: Mapping[str, str], plaintext: bool | None = None) -> None:
        """Replace the server's settings; they take effect at its next start."""
        before = self._configuration
        accepts = before.plaintext if plaintext is None else plaintext
        self._write_configuration(replace(before, settings=dict(settings), plaintext=accepts))

    def certify(self, certificate: Certificate) -> None:
        """Replace the server's certificate; new connections get it at once."""
        self._issue(certificate)
        self.sql("SELECT pg_reload_conf()")

    def delete(self) -> None:
        """Stop the server and delete its data."""
        services.remove(f"latency-{self.name}")
        self.stop()
        self.hide_name()
        shutil.rmtree(self._directory, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run a statement as superuser; returns one line per row, with columns separated by |."""
        options = ["--tuples-only", "--no-align", "--dbname", database]
        return self._psql(*options, input=statement).rstrip("\n")

    def describe(self) -> str:
        """A line about the server."""
        state = "running" if self.is_ready else "stopped"
        return f"{self.name}: PostgreSQL {self.version} at {self.host} ({self.address}), {state}"

    def require(self) -> None:
        """Raise an error if the server does not exist."""
        if not self.exists:
            raise SandboxError(f"PostgreSQL server {self.name} does not exist")

    @property
    def exists(self) -> bool:
        """Whether the server has been created and not deleted."""
        return (self._directory / "data").exists()

    @property
    def is_ready(self) -> bool:
        """Whether the server accepts connections."""
        status = services.current_status(self.service_name)
        file = self._directory / "data" / "postmaster.pid"
        try:
            lines = file.read_text().splitlines()
        except FileNotFoundError:
            return False
        # Line 1 is the PID, line 8 the state; PostgreSQL writes the file line by line.
        return bool(status and lines[:1] == [str(status.pid)] and lines[7:8] == ["ready   "])

    @property
    def host(self) -> str:
        """Its host name, which resolves inside the sandbox, or its address."""
        return self._configuration.host

    @property
    def address(self) -> str:
        """The IP address that it listens on."""
        return self._configuration.address

    @property
    def version(self) -> str:
        """Its major version."""
        return self._configuration.version

    @property
    def _configuration(self) -> ServerConfiguration:
        try:
            return configuration.read(self._directory)
        except FileNotFoundError:
            raise SandboxError(f"PostgreSQL server {self.name} does not exist") from None

    def _write_configuration(self, changed: ServerConfiguration) -> None:
        configuration.write(self._directory, self._inside, changed)

    def _psql(self, *options: str, input: str) -> str:
        """Run SQL as superuser; an error in it is raised."""
        common = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", "-"]
        common += ["--host", str(self._inside), "--username", SUPERUSER]
        return self._run("psql", *common, *options, input=input)

    def _run(self, program: str, *arguments: str, input: str = "") -> str:
        return programs.run(self.version, program, *arguments, input=input)


def free_address(used: Iterable[str]) -> str:
    """The first database address that is not used."""
    in_use = set(used)
    for address in network.DATABASE_ADDRESSES:
        if address not in in_use:
            return address
    raise SandboxError(f"all {len(network.DATABASE_ADDRESSES)} database addresses are in use")
