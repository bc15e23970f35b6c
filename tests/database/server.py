"""A real PostgreSQL server on a free port of this machine, without the sandbox."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from sandbox.postgres import installations
from tests.unit.conftest import KEY, certificate

SUPERUSER = "postgres"
ADMIN = "coder_admin"
ADMIN_PASSWORD = "adm1n-canary"
CLIENT_MAJOR = "17"
"""Of psql, as in the default tools image."""
# PostgreSQL refuses to run as root; in a user namespace, root's files keep their permissions.
AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000") if os.getuid() == 0 else ()
HBA = """\
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
"""


class RealServer:
    """PostgreSQL of a major version with TLS, whose administrator is not a superuser."""

    def __init__(self, major: str, directory: Path) -> None:
        self.major = major
        self.directory = directory
        self._bin = installations.bin_directory(major)
        self._client = installations.bin_directory(CLIENT_MAJOR)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        options = ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        self._run(self._bin / "initdb", "--pgdata", self.directory / "data", *options)
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        data = self.directory / "data"
        (data / "pg_hba.conf").write_text(HBA)
        (data / "server.crt").write_text(certificate("localhost"))
        key = data / "server.key"
        key.write_bytes(
            KEY.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        key.chmod(0o600)
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.directory,
            "ssl": "on",
            "fsync": "off",
            "password_encryption": "scram-sha-256",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        log = (self.directory / "log").open("wb")
        process = subprocess.Popen(
            [*AS_USER, str(self._bin / "postgres"), "-D", str(data), *options],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        pid_file = data / "postmaster.pid"
        for _ in range(600):
            if pid_file.exists() and "ready" in pid_file.read_text():
                return process
            if process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError((self.directory / "log").read_text())

    def stop(self) -> None:
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        shutil.rmtree(self.directory)

    def sql(self, statement: str, database: str = "postgres", user: str = SUPERUSER) -> str:
        """Run statements as any role, by default as superuser; one line per row."""
        return self._run(
            self._client / "psql",
            *("-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p", self.port),
            *("-d", database, "-U", user, "-f", "-"),
            input=statement,
        ).rstrip("\n")

    def reset(self) -> None:
        """Drop all databases and roles but those of a new server with its administrator."""
        for name in self.sql(
            "SELECT datname FROM pg_database WHERE datname NOT IN "
            "('postgres', 'template0', 'template1')"
        ).splitlines():
            self.sql(f'DROP DATABASE "{name}"')
        names = self.sql("SELECT rolname FROM pg_roles WHERE rolname !~ '^(pg_|postgres$)'")
        for name in names.splitlines():
            self.sql(f'DROP OWNED BY "{name}" CASCADE; DROP ROLE "{name}"')
        self.sql(f"CREATE ROLE {ADMIN} LOGIN CREATEROLE CREATEDB PASSWORD '{ADMIN_PASSWORD}'")

    def state(self) -> str:
        """All that a Job could change in roles and databases; two equal texts mean no change."""
        return self.sql("""
            SELECT oid, pg_authid, shobj_description(oid, 'pg_authid') FROM pg_authid ORDER BY 1;
            SELECT pg_auth_members FROM pg_auth_members ORDER BY 1;
            SELECT datname, datdba, datacl, datconnlimit, shobj_description(oid, 'pg_database')
            FROM pg_database ORDER BY 1;
            SELECT pg_db_role_setting FROM pg_db_role_setting ORDER BY 1
        """)

    def login(self, username: str, password: str, database: str = "postgres") -> str:
        """The user that a client of that login acts as, or libpq's error."""
        done = subprocess.run(
            ["psql", "-XAtqc", "SELECT current_user", "-U", username, "-d", database],
            env={**self.environment, "PGPASSWORD": password},
            capture_output=True,
            text=True,
        )
        return done.stdout.strip() or done.stderr

    @property
    def environment(self) -> Mapping[str, str]:
        """What libpq needs to reach the server over TLS, without a login."""
        return {
            "PATH": f"{self._client}{os.pathsep}{os.environ['PATH']}",
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGSSLMODE": "require",
            "PGSSLROOTCERT": "",
        }

    def _run(self, program: Path, *arguments: object, input: str = "") -> str:
        done = subprocess.run(
            [*AS_USER, str(program), *map(str, arguments)],
            input=input,
            capture_output=True,
            text=True,
        )
        assert not done.returncode, done.stderr
        return done.stdout
