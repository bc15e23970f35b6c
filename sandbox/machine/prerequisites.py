"""Checks what the sandbox needs from the machine, and reports all problems at once.

It runs before the Python packages are installed and on any Python version: it may import only the
standard library.
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
"""Searched in addition to PATH, which lacks them for some users."""
PACKAGES = {
    "busybox-static": "busybox",
    "containerd": "containerd",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "dnsmasq-base": "dnsmasq",
    "iproute2": "ip",
    "nftables": "nft",
    "runc": "runc",
}
"""Debian packages, each with a program that shows that it is installed."""
OTHER_PATHS = {"/usr/lib/cni/bridge": "/opt/cni/bin/bridge"}
"""Paths of these programs in other distributions."""


def problems() -> Iterator[str]:
    """One line for each problem that `python -m sandbox setup` cannot fix."""
    if sys.platform != "linux":
        yield f"Linux is required; this is {sys.platform}"
        return
    yield from _python()
    yield from _go()
    yield from _root()
    if packages := missing_packages() if shutil.which("apt-get") is None else []:
        yield f"apt-get is missing; install these packages by hand: {', '.join(packages)}"
    yield from _disk()


def _python() -> Iterator[str]:
    if sys.version_info < PYTHON:
        required = ".".join(map(str, PYTHON))
        yield f"Python {required} or later is required; this is {sys.version.split()[0]}"
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        yield "Python's venv module is missing; install it: apt-get install python3-venv"


def _go() -> Iterator[str]:
    required = required_go_version()
    text = ".".join(map(str, required))
    if shutil.which("go") is None:
        yield f"Go {text} or later is required (https://go.dev/dl); `go` is not on PATH"
        return
    # GOTOOLCHAIN=local: the version that is installed, not one that Go would download
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    command = ["go", "version"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    match = re.search(r"go(\d+(?:\.\d+)+)", done.stdout)
    if not match or _version_numbers(match[1]) < required:
        installed = match[1] if match else (done.stderr or done.stdout).strip()
        yield f"Go {text} or later is required (https://go.dev/dl); `go version` says {installed}"


def _root() -> Iterator[str]:
    if os.geteuid() != 0:
        yield "root is required, for namespaces, mounts and network interfaces; use sudo"
        return
    command = ["unshare", "--mount", "--pid", "--net", "--ipc", "--fork", "true"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        yield "root cannot create namespaces; if this is a container, run it with --privileged"


def _disk() -> Iterator[str]:
    directory = next(path for path in (paths.HOME, *paths.HOME.parents) if path.exists())
    free = shutil.disk_usage(directory).free / 1e9
    required = GIGABYTES_TO_RUN if paths.BIN.exists() else GIGABYTES_TO_BUILD
    if free < required:
        yield f"{required} GB of free disk are required at {directory}; {free:.1f} GB are free"


def missing_packages() -> list[str]:
    """The Debian packages that are not installed."""
    return [package for package, program in PACKAGES.items() if not _is_installed(program)]


def _is_installed(program: str) -> bool:
    search = os.pathsep.join([os.environ.get("PATH", ""), *SYSTEM_DIRECTORIES])
    other = OTHER_PATHS.get(program)
    found = shutil.which(program, path=search) or (other and shutil.which(other))
    return found is not None


def install_packages() -> None:
    """Install the missing packages with apt-get."""
    packages = missing_packages()
    if not packages:
        return
    print(f"installing {', '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "--quiet=2"], install):
        subprocess.run(command, env=environment, check=True)


def required_go_version() -> tuple[int, ...]:
    """The highest Go version that a go.mod of the sandbox's tools requires."""
    lines = "\n".join(path.read_text() for path in sorted(GO_MODULES.glob("*/go.mod")))
    return max(map(_version_numbers, re.findall(r"^go (\S+)$", lines, re.MULTILINE)))


def _version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def main() -> int:
    """Print all problems; the exit code is 1 if there are any."""
    lines = list(problems())
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
