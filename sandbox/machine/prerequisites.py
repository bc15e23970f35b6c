"""What the machine must have before anything else works; says all that is missing at once.

It runs before the Python packages are there, on whatever Python there is: standard library only.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

from sandbox.machine import paths

PYTHON = (3, 11)
GO_MODULES = paths.ROOT / "sandbox" / "tools"
GIGABYTES_TO_BUILD, GIGABYTES_TO_RUN = 14, 3
SYSTEM_DIRECTORIES = ("/usr/sbin", "/sbin")
"""Not on every user's PATH."""
PACKAGES = {
    "busybox-static": "busybox",
    "containerd": "containerd",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "dnsmasq-base": "dnsmasq",
    "iproute2": "ip",
    "nftables": "nft",
    "runc": "runc",
}
"""Debian packages, and a program of each by which it is known to be there."""
ELSEWHERE = {"/usr/lib/cni/bridge": "/opt/cni/bin/bridge"}
"""Where other distributions have it."""


def missing() -> Iterator[str]:
    """A line for each thing that is missing and can't be installed by the set-up."""
    if sys.platform != "linux":
        yield f"Linux is needed; this is {sys.platform}"
        return
    yield from _python()
    yield from _go()
    yield from _root()
    if lacking := packages() if shutil.which("apt-get") is None else []:
        yield f"no apt-get to install what is missing; install it by hand: {', '.join(lacking)}"
    yield from _disk()


def _python() -> Iterator[str]:
    if sys.version_info < PYTHON:
        needed = ".".join(map(str, PYTHON))
        yield f"Python {needed} or later is needed; this is {sys.version.split()[0]}"
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        yield "Python's venv module is missing: apt-get install python3-venv"


def _go() -> Iterator[str]:
    needed = go_version_needed()
    text = ".".join(map(str, needed))
    if shutil.which("go") is None:
        yield f"Go {text} or later is needed (https://go.dev/dl); there is no `go` on PATH"
        return
    # the toolchain that is installed, not one that it would fetch
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    command = ["go", "version"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"go(\d+(?:\.\d+)+)", said.stdout)
    if not found or _numbers(found[1]) < needed:
        had = found[1] if found else (said.stderr or said.stdout).strip()
        yield f"Go {text} or later is needed (https://go.dev/dl); `go version` says {had}"


def _root() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "root is needed, for namespaces, mounts and interfaces: sudo"
        return
    command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "true"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield "root here may not make namespaces: a container without --privileged?"


def _disk() -> Iterator[str]:
    place = next(path for path in (paths.HOME, *paths.HOME.parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    needed = GIGABYTES_TO_RUN if paths.BIN.exists() else GIGABYTES_TO_BUILD
    if free < needed:
        yield f"{needed} GB of free disk are needed at {place}; there are {free:.1f}"


def packages() -> list[str]:
    """The Debian packages of which the programs are missing."""
    return [package for package, program in PACKAGES.items() if not _present(program)]


def _present(program: str) -> bool:
    search = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_DIRECTORIES])
    elsewhere = ELSEWHERE.get(program)
    found = shutil.which(program, path=search) or (elsewhere and shutil.which(elsewhere))
    return found is not None


def install_packages() -> None:
    """Install with apt-get what is missing."""
    lacking = packages()
    if not lacking:
        return
    print(f"installing {', '.join(lacking)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *lacking]
    for command in (["apt-get", "update", "--quiet=2"], install):
        subprocess.run(command, env=environment, check=True)


def go_version_needed() -> tuple[int, ...]:
    """The highest Go version that one of the modules asks for."""
    lines = "\n".join(path.read_text() for path in sorted(GO_MODULES.glob("*/go.mod")))
    return max(map(_numbers, re.findall(r"^go (\S+)$", lines, re.MULTILINE)))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def main() -> int:
    """Print what is missing."""
    lines = list(missing())
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
