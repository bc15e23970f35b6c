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
from sandbox.plugins.aws.admission import admits
from sandbox.postgres import PORT, Server

TABLE = "inet sandbox_aws"
PAUSE = 0.2


def shut(account: Path) -> Iterator[str]:
    """The addresses of instances that no node may reach."""
    for file in sorted(account.glob("*.json")):
        data = json.loads(file.read_text())
        for instance in data["instances"].values():
            if admits(data, instance, PORT):
                continue
            try:
                yield Server(str(instance["resourceId"]).lower()).address
            except SandboxError:
                # It is only being made, or has just been deleted.
                continue


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
    account, written = Path(sys.argv[1]), None
    while True:
        wanted = ruleset(sorted(shut(account)))
        if wanted != written:
            subprocess.run(["nft", "-f", "-"], input=wanted, text=True, check=True)
            written = wanted
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
