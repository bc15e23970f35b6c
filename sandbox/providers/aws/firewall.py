"""Drops packets to the simulated RDS instances unless their security groups admit the nodes.

It runs inside the sandbox, reads what the simulated account holds, and writes nft's rules.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from sandbox import SandboxError
from sandbox.postgres.servers import PORT, servers
from sandbox.providers.aws.admission import RDS_NAME, admits, name_of

TABLE = "inet sandbox_aws"
PAUSE = 0.2


def shut(account: Path) -> Iterator[str]:
    """The addresses of all servers of RDS but those that their security groups open."""
    admitted = set()
    for file in sorted(account.glob("*.json")):
        data = json.loads(file.read_text())
        for instance in data["instances"].values():
            if admits(data, instance, PORT):
                admitted.add(name_of(instance))
    for server in servers():
        if RDS_NAME.fullmatch(server.name) and server.name not in admitted:
            try:
                yield server.address
            except SandboxError:
                continue  # it has just been deleted


def ruleset(addresses: list[str]) -> str:
    """What nft is told; packets of the sandbox's own to itself come by `lo`."""
    drops = "\n".join(
        f'    iifname != "lo" ip daddr {address} tcp dport {PORT} drop' for address in addresses
    )
    return (
        f"add table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n  chain input {{\n"
        f"    type filter hook input priority 0; policy accept;\n{drops}\n  }}\n}}\n"
    )


def main() -> None:
    """Keep the rules as the account says."""
    account, ready, written = Path(sys.argv[1]), Path(sys.argv[2]), None
    while True:
        wanted = ruleset(sorted(shut(account)))
        if wanted != written:
            subprocess.run(["nft", "-f", "-"], input=wanted, text=True, check=True)
            written = wanted
            ready.touch()
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
