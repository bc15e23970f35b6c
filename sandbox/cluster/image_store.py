"""A containerd root directory with all images imported, which is copied to each new node.

There are hundreds of image names, and a containerd with the CRI plugin imports each one slowly. The
store is filled by a containerd without that plugin. Copying it takes a tenth of a second.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox import SandboxError
from sandbox.cluster import containerd
from sandbox.machine import namespaces, paths

STORE = paths.HOME / "image-store"


def prepare() -> None:
    """Create the store anew if it lacks an image or has an outdated one."""
    if not _outdated_archives(STORE):
        return
    new = STORE.with_name("image-store.new")
    for directory in (new, STORE):
        shutil.rmtree(directory, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        socket, config = directory / "socket", directory / "config.toml"
        config.write_text(containerd.config(new, directory / "state", socket, None))
        # in a mount namespace of its own, so that its mounts end with it
        command = ["unshare", "--mount", "containerd", "--config", str(config)]
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                command, env=namespaces.environment(), stdout=log, stderr=log
            )
        try:
            containerd.wait_for_socket(socket)
            _import(new, _outdated_archives(new), ["ctr", "--address", str(socket)])
        finally:
            process.terminate()
            process.wait()
    new.rename(STORE)


def copy_to(node: str) -> None:
    """Copy the store to a node that has no containerd root directory yet."""
    root = containerd.root(node)
    if STORE.exists() and not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", str(STORE), str(root)], check=True)


def update(node: str) -> None:
    """Import missing and outdated images into a running node."""
    if archives := _outdated_archives(containerd.root(node)):
        ctr = ["ctr", "--address", str(containerd.socket(node))]
        _import(containerd.root(node), archives, namespaces.enter_command(ctr))


def _import(root: Path, archives: Sequence[Path], ctr: Sequence[str]) -> None:
    for archive in archives:
        command = [*ctr, "--namespace", "k8s.io", "images", "import", str(archive)]
        done = subprocess.run(
            command, env=namespaces.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SandboxError(f"containerd cannot import {archive}: {done.stderr.strip()}")
        _marker(root, archive).write_text(_version(archive))


def _outdated_archives(root: Path) -> list[Path]:
    """The image archives that are not imported, or in another version."""

    def is_imported(archive: Path) -> bool:
        marker = _marker(root, archive)
        return marker.exists() and marker.read_text() == _version(archive)

    return [archive for archive in sorted(paths.IMAGES.glob("*.tar")) if not is_imported(archive)]


def _marker(root: Path, archive: Path) -> Path:
    """The file with the version of an archive that was imported."""
    return root / f"{archive.name}.imported"


def _version(archive: Path) -> str:
    return str(archive.stat().st_mtime_ns)
