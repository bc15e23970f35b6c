"""Latency between pods and a database, added by a TCP proxy: half of it in each direction.

netem would need a kernel module that is often missing. The proxy uses threads because they wake up
within 0.1 ms, unlike asyncio's event loop. It affects only pods, and only connections that are
opened after its start.
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
from sandbox.postgres.configuration import PORT

TABLE = "sandbox_latency"
FIRST_PORT = 15000
CHUNK = 65536

Delayed = queue.SimpleQueue[tuple[float, bytes]]
"""Data and the time at which to send it."""


def set_latency(host: str, milliseconds: float | None) -> None:
    """Set the latency of each round trip between pods and a database; None removes it."""
    server = servers.find(host)
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
    """The port of a database's proxy."""
    return FIRST_PORT + int(address.rpartition(".")[2])


def nft_rules(address: str) -> str:
    """The nftables rules that redirect connections from pods to the proxy."""
    table = f"{TABLE}_{_port(address)}"
    return f"""\
table ip {table}
delete table ip {table}
table ip {table} {{
  chain to_proxy {{
    type nat hook prerouting priority dstnat - 30;
    iifname {network.BRIDGE} ip saddr != {network.HOST} ip daddr {address} \
tcp dport {PORT} redirect to :{_port(address)}
  }}
}}
"""


def main(address: str, milliseconds: float) -> None:
    """Run the proxy of one database until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        nft = ["nft", "--file", "-"]
        subprocess.run(nft, input=nft_rules(address), text=True, check=True)
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
        server = socket.create_connection((address, PORT))
    except OSError:
        client.close()
        return
    for source, target in ((client, server), (server, client)):
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        delayed: Delayed = queue.SimpleQueue()
        threading.Thread(target=_read, args=(source, delayed, delay), daemon=True).start()
        threading.Thread(target=_write, args=(target, delayed), daemon=True).start()


def _read(source: socket.socket, delayed: Delayed, delay: float) -> None:
    data = b"-"
    while data:
        data = b""
        with contextlib.suppress(OSError):
            data = source.recv(CHUNK)
        delayed.put((time.monotonic() + delay, data))


def _write(target: socket.socket, delayed: Delayed) -> None:
    with contextlib.suppress(OSError):
        while True:
            send_at, data = delayed.get()
            time.sleep(max(0, send_at - time.monotonic()))
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
