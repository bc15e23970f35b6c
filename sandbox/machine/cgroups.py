"""The parent cgroup of each node, below which the node's kubelet creates the cgroups of pods."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sandbox.machine import services
from sandbox.machine.paths import SUFFIX

ROOT = Path("/sys/fs/cgroup")
NAME = f"coder-sandbox{SUFFIX}"


def kubelet_root(node: str) -> str:
    """The value of the kubelet's `cgroupRoot` for a node."""
    return f"/{NAME}/{node}"


def _is_unified() -> bool:
    """Whether this machine has cgroup v2."""
    return (ROOT / "cgroup.controllers").exists()


def _hierarchies() -> Iterator[Path]:
    """The root of each hierarchy: one with cgroup v2, one per controller with v1."""
    if _is_unified():
        yield ROOT
    else:
        yield from (path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink())


def create(node: str) -> None:
    """Create a node's cgroup with all available controllers."""
    for hierarchy in _hierarchies():
        parent = hierarchy
        for name in (NAME, node):
            if _is_unified():
                _delegate_controllers(parent)
            child = parent / name
            child.mkdir(exist_ok=True)
            if hierarchy.name == "cpuset":
                _copy_cpuset(parent, child)
            parent = child


def _delegate_controllers(group: Path) -> None:
    """Enable the controllers of a v2 cgroup for its children."""
    for controller in (group / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):  # some controllers cannot be delegated
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _copy_cpuset(parent: Path, child: Path) -> None:
    """Copy the values that a v1 cpuset does not inherit and needs before it accepts a process."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        (child / file).write_text((parent / file).read_text())


def remove() -> None:
    """Remove the sandbox's cgroups, which the kernel keeps after their processes have ended."""
    services.wait_until(_try_remove, "the sandbox's cgroups to have no process", 10)


def _try_remove() -> bool:
    """Whether all cgroups are removed; a cgroup with a process cannot be."""
    tops = [hierarchy / NAME for hierarchy in _hierarchies() if (hierarchy / NAME).is_dir()]
    groups = [group for top in tops for group in (top, *top.rglob("*")) if group.is_dir()]
    with contextlib.suppress(OSError):
        for group in sorted(groups, reverse=True):  # children before their parents
            group.rmdir()
        return True
    return False
