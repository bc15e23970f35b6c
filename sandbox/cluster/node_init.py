"""The init process (PID 1) of a node, in mount and PID namespaces of its own.

All nodes share the sandbox's network namespace. When a node's init is killed, the kernel kills all
containers of the node and removes its mounts, as if a machine were switched off.
"""

import shutil
import sys
from pathlib import Path

from sandbox.cluster import containerd
from sandbox.cluster.topology import Node
from sandbox.machine import init, paths, services
from sandbox.machine.supervisor import supervise

COVERED_DIRECTORIES = (Path("/var/lib"), Path("/var/log"))
NODE_DIRECTORIES = (
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/log/pods",
    "/var/log/containers",
)
"""Directories whose paths are fixed in the code of the kubelet, containerd and CNI plugins."""


def service(node: Node) -> services.Service:
    """A node's init, supervised by the sandbox's init."""
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc"]
    return services.Service(
        name=node.name,
        command=[*unshare, *services.python_command("sandbox.cluster.node_init", node.name)],
        address=node.address,
        stop_signal="SIGKILL",
    )


def main(node: str) -> None:
    """Mount the node's own directories, then supervise its services."""
    home = paths.INSIDE / node / "home"
    init.bind_mount(paths.HOME, home)
    # These are covered as a whole, so that no directory below them has to be created on the host.
    # Removing such a directory again would unmount it in every other namespace.
    for directory in COVERED_DIRECTORIES:
        init.mount_tmpfs(directory, 0o755)
    if not paths.HOME.exists():
        init.bind_mount(home, paths.HOME)
    for directory in NODE_DIRECTORIES:
        source = paths.NODES / node / "machine" / directory.lstrip("/")
        init.bind_mount(source, Path(directory))
    init.mount_tmpfs(containerd.STATE, 0o711)
    # Any status here is of a process of the node's previous run.
    shutil.rmtree(services.STATUS / node, ignore_errors=True)
    supervise(paths.SERVICES / node)


if __name__ == "__main__":
    main(sys.argv[1])
