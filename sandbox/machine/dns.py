"""Names inside the sandbox: Services, and whatever else is given one; no others resolve.

dnsmasq watches the directory that the names are written to, so they hold at once.
"""

from collections.abc import Iterable
from pathlib import Path

from sandbox.machine import network, paths, services

PORT = 53


def part() -> services.Service:
    """The DNS server of all pods."""
    return services.Service(
        name="dnsmasq",
        command=[
            "dnsmasq",
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            f"--listen-address={network.GATEWAY}",
            "--bind-interfaces",
            "--user=root",
            f"--hostsdir={paths.DNS}",
            "--local=/#/",
            "--local-ttl=1",
            "--cache-size=0",
            "--log-facility=-",
            "--pid-file=",
        ],
        ready=f"tcp://{network.GATEWAY}:{PORT}",
        grace=2,
    )


def add(owner: str, records: Iterable[tuple[str, str]]) -> None:
    """Have these (address, name) pairs, and no earlier ones of the owner, resolve."""
    text = "".join(sorted(f"{address} {name}\n" for address, name in records))
    path = _file(owner)
    if not path.exists() or path.read_text() != text:
        services.write_atomically(path, text)


def remove(owner: str) -> None:
    """Forget the owner's names."""
    _file(owner).unlink(missing_ok=True)


def _file(owner: str) -> Path:
    return paths.DNS / f"{owner}.hosts"
