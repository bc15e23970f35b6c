"""Drops packets to servers whose instances do not admit the cluster's nodes; hides their names.

A service inside the sandbox: `python -m sandbox.providers.firewall READY`.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox import SandboxError
from sandbox.postgres import firewall
from sandbox.postgres.server import Server
from sandbox.postgres.servers import servers
from sandbox.providers.clouds import CLOUDS

PAUSE = 0.2


def blocked() -> Iterator[str]:
    """The addresses of cloud servers that do not admit the nodes, orphans included."""
    admitted: set[str] = set()
    for cloud in CLOUDS.values():
        for scope in cloud.stored():
            data = scope.read()
            for instance in data["instances"].values():
                if scope.admits(data, instance):
                    admitted.add(scope.server(data, instance).name)
    for server in servers():
        if _belongs_to_cloud(server) and server.name not in admitted:
            try:
                yield server.address
            except SandboxError:
                continue  # the server was deleted meanwhile


def update_names() -> None:
    """Let the host names resolve that the cluster's DNS knows in the cloud, and no others."""
    for cloud in CLOUDS.values():
        for scope in cloud.stored():
            data = scope.read()
            for instance in data["instances"].values():
                server = Server(scope.server(data, instance).name)
                with contextlib.suppress(SandboxError):  # the server does not exist yet, or anymore
                    if scope.resolves(data, instance):
                        server.show_name()
                    else:
                        server.hide_name()


def _belongs_to_cloud(server: Server) -> bool:
    return any(cloud.server_names.fullmatch(server.name) for cloud in CLOUDS.values())


def main(ready: Path) -> None:
    """Update the firewall rules and names whenever a cloud's account changes; never returns."""
    written: list[str] | None = None
    while True:
        addresses = sorted(blocked())
        if addresses != written:
            firewall.block(addresses)
            written = addresses
            ready.touch()
        update_names()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
