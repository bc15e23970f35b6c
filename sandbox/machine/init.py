"""The init process (PID 1) of the sandbox, in mount, network, PID and IPC namespaces of its own.

It sets up the namespaces and supervises the services. When it ends, the kernel kills all other
processes of the PID namespace.
"""

import subprocess
from pathlib import Path

from sandbox.machine import network, paths, supervisor


def main() -> None:
    """Set up mounts and the network bridge, then supervise the services."""
    _mount()
    _create_bridge()
    supervisor.supervise(paths.SERVICES)


def _run(*command: str) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True)


def bind_mount(source: Path, target: Path) -> None:
    """Bind-mount a directory; both directories are created if they are missing."""
    for directory in (source, target):
        directory.mkdir(parents=True, exist_ok=True)
    _run("mount", "--bind", str(source), str(target))


def mount_tmpfs(directory: Path, mode: int) -> None:
    """Mount an empty tmpfs over a directory, for as long as the mount namespace exists."""
    directory.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"mode={mode:o}", "sandbox", str(directory))


def _mount() -> None:
    mount_tmpfs(Path("/run"), 0o755)
    mount_tmpfs(Path("/dev", "shm"), 0o1777)
    for name in ("netns", "lock"):
        Path("/run", name).mkdir()
    bind_mount(paths.POSTGRES, paths.INSIDE_POSTGRES)
    bind_mount(paths.TOOLS, paths.INSIDE_TOOLS)


def _create_bridge() -> None:
    bridge = network.BRIDGE
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "link", "add", bridge, "address", network.BRIDGE_MAC, "type", "bridge")
    _run("ip", "address", "add", f"{network.GATEWAY}/24", "dev", bridge)
    _run("ip", "link", "set", bridge, "up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("0")


if __name__ == "__main__":
    main()
