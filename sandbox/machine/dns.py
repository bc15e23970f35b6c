"""The DNS server of the sandbox: it resolves Kubernetes Services and databases, nothing else.

dnsmasq watches the directory of the records, so a change takes effect at once.
"""

from collections.abc import Iterable
from pathlib import Path

from sandbox.machine import files, network, paths, services

PORT = 53


def service() -> services.Service:
    """dnsmasq, the DNS server of all pods."""
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
        grace_seconds=2,
    )


def set_records(owner: str, records: Iterable[tuple[str, str]]) -> None:
    """Replace the owner's records with these (address, name) pairs."""
    text = "".join(sorted(f"{address} {name}\n" for address, name in records))
    path = _hosts_file(owner)
    if not path.exists() or path.read_text() != text:
        files.write_atomically(path, text)


def remove_records(owner: str) -> None:
    """Remove the owner's records."""
    _hosts_file(owner).unlink(missing_ok=True)


def _hosts_file(owner: str) -> Path:
    return paths.DNS / f"{owner}.hosts"
