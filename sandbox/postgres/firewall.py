"""Drops packets to PostgreSQL servers."""

import subprocess
from collections.abc import Iterable

from sandbox.postgres.configuration import PORT

TABLE = "inet sandbox_postgres"


def block(addresses: Iterable[str]) -> None:
    """Drop packets to these addresses and to no others; runs inside the sandbox."""
    subprocess.run(["nft", "-f", "-"], input=ruleset(addresses), text=True, check=True)


def ruleset(addresses: Iterable[str]) -> str:
    """The nftables rules; packets from the sandbox itself, on `lo`, pass."""
    drops = "\n".join(
        f'    iifname != "lo" ip daddr {address} tcp dport {PORT} drop' for address in addresses
    )
    return (
        f"add table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n  chain input {{\n"
        f"    type filter hook input priority 0; policy accept;\n{drops}\n  }}\n}}\n"
    )
