"""All PostgreSQL servers of the sandbox."""

from sandbox import SandboxError
from sandbox.machine import paths, services
from sandbox.postgres import configuration
from sandbox.postgres.server import Server


def servers() -> list[Server]:
    """All servers, including stopped ones."""
    records = paths.POSTGRES.glob(f"*/{configuration.RECORD}")
    return [Server(record.parent.name) for record in sorted(records)]


def find(host: str) -> Server:
    """The server with that name, host name or address."""
    for server in servers():
        if host in (server.name, server.host, server.address):
            return server
    hosts = ", ".join(server.host for server in servers()) or "none"
    raise SandboxError(f"there is no PostgreSQL server at {host!r}; existing servers: {hosts}")


def remove_pid_files() -> None:
    """Remove the PID files of a sandbox that has ended: other processes may have these PIDs now."""
    for file in paths.POSTGRES.glob("*/data/postmaster.pid"):
        file.unlink()


def resume() -> list[Server]:
    """Start, without waiting, all servers that were not stopped by a command; returns them."""
    resumed = [
        server
        for server in servers()
        if server.exists and services.declaration_file(server.service_name).exists()
    ]
    for server in resumed:
        server.declare_service()
    return resumed
