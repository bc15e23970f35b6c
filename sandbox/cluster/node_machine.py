"""A node's machine: its first process, in mount and process namespaces of its own.

The network is the sandbox's. When the process is killed, the kernel ends every container of the
node and drops its mounts, as when a machine is switched off.
"""

import shutil
import sys
from pathlib import Path

from sandbox.cluster import containerd
from sandbox.cluster.topology import Node
from sandbox.machine import init, paths, services
from sandbox.machine.supervisor import supervise

COVERED = (Path("/var/lib"), Path("/var/log"))
OWN = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers")
"""Directories named in the code of what a node runs."""


def part(node: Node) -> services.Service:
    """The node's machine, for the sandbox's init."""
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
    return services.Service(
        name=node.name,
        command=[*unshare, *services.python("sandbox.cluster.node_machine", node.name)],
        address=node.address,
        stop_signal="SIGKILL",
    )


def main(node: str) -> None:
    """Make the node's directories its own and run its parts."""
    home = paths.INSIDE / node / "home"
    init.bind(paths.HOME, home)
    # Covered whole, so that no directory need be made, and removed again, on the machine outside:
    # removing one would tear down what any other namespace has mounted there.
    for directory in COVERED:
        init.temporary(directory, 0o755)
    if not paths.HOME.exists():
        init.bind(home, paths.HOME)
    for own in OWN:
        init.bind(paths.NODES / node / "machine" / own.lstrip("/"), Path(own))
    init.temporary(containerd.STATE, 0o711)
    shutil.rmtree(
        services.STATUS / node, ignore_errors=True
    )  # of processes that ended with the last
    supervise(paths.PARTS / node)


if __name__ == "__main__":
    main(sys.argv[1])
