"""What a PostgreSQL server is made with: its declaration, files and administrator."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.postgres import scram

PORT = 5432
FILE = "postgresql.conf"
SUPERUSER = "sandbox_superuser"
SYSTEM_USERS = ("root", "nobody")
"""Who may be the superuser on the socket."""
DEFAULTS = {
    "port": str(PORT),
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}

# Before 16, CREATEROLE grants itself any role but a superuser's.
_KEEP_OFF_THE_MACHINE = (
    "UPDATE pg_authid SET rolsuper = true WHERE rolname ~ '^pg_.*_server_(files|program)$';"
)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a server was made with."""

    host: str
    address: str
    version: str
    tls: bool
    settings: Mapping[str, str]


def files(directory: Path, address: str, tls: bool, settings: Mapping[str, str]) -> dict[str, str]:
    """The files' texts by their names, for a server that sees itself in that directory."""
    values = {
        **DEFAULTS,
        "listen_addresses": address,
        "unix_socket_directories": str(directory),
        "hba_file": f"{directory}/pg_hba.conf",
        "ident_file": f"{directory}/pg_ident.conf",
        "ssl": "on" if tls else "off",
        "ssl_cert_file": f"{directory}/server.crt",
        "ssl_key_file": f"{directory}/server.key",
        **settings,
    }
    connection = "hostssl" if tls else "host"
    rules = [
        f"local all,replication {SUPERUSER} peer map=sandbox",
        f"host all {SUPERUSER} all reject",
        f"{connection} all all all scram-sha-256",
    ]
    users = [f"sandbox {user} {SUPERUSER}" for user in SYSTEM_USERS]
    return {
        FILE: _lines(f"{key} = {_quoted(value)}" for key, value in values.items()),
        "pg_hba.conf": _lines(rules),
        "pg_ident.conf": _lines(users),
    }


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    return "'{}'".format(value.replace("\\", "\\\\").replace("'", "''"))


def administrator(username: str, password: str) -> str:
    """Statements for what a cloud's administrator may do."""
    role = '"{}"'.format(username.replace('"', '""'))
    return (
        f"{_KEEP_OFF_THE_MACHINE}\n"
        f"CREATE ROLE {role} LOGIN CREATEROLE CREATEDB PASSWORD '{scram.verifier(password)}';\n"
        f"GRANT pg_monitor, pg_signal_backend TO {role} WITH ADMIN OPTION;\n"
    )
