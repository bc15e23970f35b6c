"""The configuration of a PostgreSQL server: a stored record and PostgreSQL's own files."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.machine import files, paths
from sandbox.postgres.roles import SUPERUSER

PORT = 5432
RECORD = "server.json"
POSTGRESQL_CONF = "postgresql.conf"
SUPERUSER_OS_USERS = ("root", "nobody")
"""OS users that may log in as the superuser through the Unix socket."""
DEFAULTS = {
    "port": str(PORT),
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Who signs a server's certificate, and the names in it."""

    authority: Path
    """The directory of the certificate authority."""
    common_name: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """How a server's address and TLS differ from the usual."""

    address: str = ""
    """Empty: the first free one of the sandbox."""
    certificate: Certificate | None = None
    """None: one for the host, signed by the sandbox's CA."""
    plaintext: bool = False
    """Whether it also accepts connections without TLS."""


USUAL = Endpoint()


@dataclass(frozen=True, kw_only=True)
class ServerConfiguration:
    """What a server is created with; `settings` are added to postgresql.conf."""

    host: str
    address: str
    version: str
    tls: bool
    settings: Mapping[str, str]
    plaintext: bool = False


def read(directory: Path) -> ServerConfiguration:
    """The configuration of the server in that directory; FileNotFoundError if there is none."""
    return ServerConfiguration(**json.loads((directory / RECORD).read_text()))


def read_all() -> Iterator[ServerConfiguration]:
    """The configurations of all servers."""
    for record in paths.POSTGRES.glob(f"*/{RECORD}"):
        yield read(record.parent)


def write(directory: Path, inside: Path, configuration: ServerConfiguration) -> None:
    """Write the record and PostgreSQL's files; `inside` is the directory's path for the server."""
    record = json.dumps(asdict(configuration), indent=2)
    files.write_atomically(directory / RECORD, record)
    for name, text in postgresql_files(inside, configuration).items():
        files.write_atomically(directory / name, text)


def postgresql_files(directory: Path, configuration: ServerConfiguration) -> dict[str, str]:
    """The text of each configuration file by its name, for a server in that directory."""
    settings = {
        **DEFAULTS,
        "listen_addresses": configuration.address,
        "unix_socket_directories": str(directory),
        "hba_file": f"{directory}/pg_hba.conf",
        "ident_file": f"{directory}/pg_ident.conf",
        "ssl": "on" if configuration.tls else "off",
        "ssl_cert_file": f"{directory}/server.crt",
        "ssl_key_file": f"{directory}/server.key",
        **configuration.settings,
    }
    connection_type = "hostssl" if configuration.tls and not configuration.plaintext else "host"
    rules = [
        f"local all,replication {SUPERUSER} peer map=sandbox",
        f"host all {SUPERUSER} all reject",
        f"{connection_type} all all all scram-sha-256",
    ]
    user_maps = [f"sandbox {user} {SUPERUSER}" for user in SUPERUSER_OS_USERS]
    return {
        POSTGRESQL_CONF: _lines(f"{key} = {_quoted(value)}" for key, value in settings.items()),
        "pg_hba.conf": _lines(rules),
        "pg_ident.conf": _lines(user_maps),
    }


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    return "'{}'".format(value.replace("\\", "\\\\").replace("'", "''"))
