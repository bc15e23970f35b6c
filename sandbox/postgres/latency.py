"""Latency between pods and a database: a proxy that holds back what passes, half the time each way.

The kernel's own means (netem) is missing from many kernels. Threads, not asyncio, for they wake up
within 0.1 ms. Only connections opened after its start pass through it, and only those of pods.
"""

import contextlib
import queue
import signal
import socket
import subprocess
import sys
import threading
import time

from sandbox.machine import network, readiness, services
from sandbox.postgres import servers

TABLE = "sandbox_latency"
FIRST_PORT = 15000
CHUNK = 65536

Held = queue.SimpleQueue[tuple[float, bytes]]
"""What was read, and when it is due."""


def set_latency(host: str, milliseconds: float | None) -> None:
    """Add so much to every round trip between pods and the database at that host; None ends it."""
    server = servers.at(host)
    name = f"latency-{server.name}"
    if milliseconds is None:
        services.remove(name)
        services.wait_stopped(name)
        return
    command = services.python_command("sandbox.postgres.latency", server.address, str(milliseconds))
    port = _port(server.address)
    ready = f"tcp://{network.GATEWAY}:{port}"
    services.write(services.Service(name=name, command=command, ready=ready, grace_seconds=2))
    readiness.wait([name], 10)


def _port(address: str) -> int:
    """The proxy's own port, one for each database."""
    return FIRST_PORT + int(address.rpartition(".")[2])


def rules(address: str) -> str:
    """The rules that lead pods to the proxy in place of the database."""
    table = f"{TABLE}_{_port(address)}"
    return f"""\
table ip {table}
delete table ip {table}
table ip {table} {{
  chain to_proxy {{
    type nat hook prerouting priority dstnat - 30;
    iifname {network.BRIDGE} ip saddr != {network.HOST} ip daddr {address} \
tcp dport {servers.PORT} redirect to :{_port(address)}
  }}
}}
"""


def main(address: str, milliseconds: float) -> None:
    """Be the proxy of one database until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        nft = ["nft", "--file", "-"]
        subprocess.run(nft, input=rules(address), text=True, check=True)
        listener = socket.create_server(("", _port(address)), backlog=128)
        while True:
            client, _ = listener.accept()
            threading.Thread(
                target=_connect, args=(client, address, milliseconds / 2000), daemon=True
            ).start()
    finally:
        subprocess.run(["nft", "delete", "table", "ip", f"{TABLE}_{_port(address)}"], check=True)


def _connect(client: socket.socket, address: str, delay: float) -> None:
    try:
        server = socket.create_connection((address, servers.PORT))
    except OSError:
        client.close()
        return
    for source, target in ((client, server), (server, client)):
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        held: Held = queue.SimpleQueue()
        threading.Thread(target=_read, args=(source, held, delay), daemon=True).start()
        threading.Thread(target=_write, args=(target, held), daemon=True).start()


def _read(source: socket.socket, held: Held, delay: float) -> None:
    data = b"-"
    while data:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(CHUNK)
        held.put((time.monotonic() + delay, data))


def _write(target: socket.socket, held: Held) -> None:
    with contextlib.suppress(OSError):
        while True:
            due, data = held.get()
            time.sleep(max(0, due - time.monotonic()))
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
