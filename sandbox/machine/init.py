"""The first process of the sandbox's own mount, network, process and IPC namespaces.

It sets them up and then runs the parts. When it ends, the kernel ends all else with it.
"""

import subprocess
from pathlib import Path

from sandbox.machine import network, paths, supervisor


def main() -> None:
    """Make the namespaces a machine of their own and run its parts."""
    _mounts()
    _bridge()
    supervisor.supervise(paths.PARTS)


def run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True)


def bind(source: Path, target: Path) -> None:
    """Show one directory at another's place, in this namespace alone."""
    for directory in (source, target):
        directory.mkdir(parents=True, exist_ok=True)
    run("mount", "--bind", str(source), str(target))


def temporary(directory: Path, mode: int) -> None:
    """Cover a directory with an empty one that is gone when the namespace is."""
    directory.mkdir(parents=True, exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"mode={mode:o}", "sandbox", str(directory))


def _mounts() -> None:
    temporary(Path("/run"), 0o755)
    temporary(Path("/dev", "shm"), 0o1777)
    for name in ("netns", "lock"):
        Path("/run", name).mkdir()
    bind(paths.POSTGRES, paths.INSIDE_POSTGRES)
    bind(paths.TOOLS, paths.INSIDE_TOOLS)


def _bridge() -> None:
    bridge = network.BRIDGE
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", bridge, "address", network.BRIDGE_MAC, "type", "bridge")
    run("ip", "address", "add", f"{network.GATEWAY}/24", "dev", bridge)
    run("ip", "link", "set", bridge, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("0")


if __name__ == "__main__":
    main()
