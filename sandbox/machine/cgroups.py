"""The control groups below which each node's kubelet keeps its pods'."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sandbox.machine import services
from sandbox.machine.paths import SUFFIX

ROOT = Path("/sys/fs/cgroup")
NAME = f"coder-sandbox{SUFFIX}"


def of(node: str) -> str:
    """A node's cgroup, as the kubelet wants it."""
    return f"/{NAME}/{node}"


def _unified() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def _hierarchies() -> Iterator[Path]:
    """The roots of all hierarchies: one for cgroup v2, one for each controller of v1."""
    if _unified():
        yield ROOT
    else:
        yield from (path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink())


def create(node: str) -> None:
    """Make a node's cgroup with every controller at hand."""
    for hierarchy in _hierarchies():
        parent = hierarchy
        for name in (NAME, node):
            if _unified():
                _delegate(parent)
            child = parent / name
            child.mkdir(exist_ok=True)
            if hierarchy.name == "cpuset":
                _inherit_cpus(parent, child)
            parent = child


def _delegate(group: Path) -> None:
    """Give a v2 group's children the controllers that it has itself."""
    for controller in (group / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):  # not every controller can be had by children
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _inherit_cpus(parent: Path, child: Path) -> None:
    """Copy what a v1 cpuset's children do not inherit, and can't hold a process without."""
    for file in ("cpuset.cpus", "cpuset.mems"):
        (child / file).write_text((parent / file).read_text())


def remove() -> None:
    """Remove the sandbox's cgroups, which outlive its processes."""
    services.wait_until(_removed, "the sandbox's cgroups to be free of processes", 10)


def _removed() -> bool:
    tops = [hierarchy / NAME for hierarchy in _hierarchies() if (hierarchy / NAME).is_dir()]
    groups = [group for top in tops for group in (top, *top.rglob("*")) if group.is_dir()]
    with contextlib.suppress(OSError):
        for group in sorted(groups, reverse=True):  # children before their parents
            group.rmdir()
        return True
    return False
