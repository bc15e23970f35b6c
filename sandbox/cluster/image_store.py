"""Images in containerd's own form: a store that new nodes are given a copy of.

There are hundreds of names of images. A containerd that serves a kubelet takes long for each one
that it imports; one that serves none does not, and a copy takes a tenth of a second.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox import SandboxError
from sandbox.cluster import containerd
from sandbox.machine import namespace, paths

STORE = paths.HOME / "image-store"


def prepare() -> None:
    """Have the store hold every image as it is now."""
    if not _missing(STORE):
        return
    new = STORE.with_name("image-store.new")
    for directory in (new, STORE):
        shutil.rmtree(directory, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        socket, config = place / "socket", place / "config.toml"
        config.write_text(containerd.config(new, place / "state", socket, None))
        # its mounts are its own, and end with it
        command = ["unshare", "--mount", "containerd", "--config", str(config)]
        with (place / "log").open("wb") as log:
            process = subprocess.Popen(command, env=namespace.environment(), stdout=log, stderr=log)
        try:
            containerd.wait_for(socket)
            _import(new, _missing(new), ["ctr", "--address", str(socket)])
        finally:
            process.terminate()
            process.wait()
    new.rename(STORE)


def copy_to(node: str) -> None:
    """Give a node that has no store yet a copy."""
    root = containerd.root(node)
    if STORE.exists() and not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "--archive", str(STORE), str(root)], check=True)


def update(node: str) -> None:
    """Import into a running node what its store lacks."""
    if images := _missing(containerd.root(node)):
        ctr = ["ctr", "--address", str(containerd.socket(node))]
        _import(containerd.root(node), images, namespace.entering(ctr))


def _import(root: Path, images: Sequence[Path], ctr: Sequence[str]) -> None:
    for image in images:
        command = [*ctr, "--namespace", "k8s.io", "images", "import", str(image)]
        done = subprocess.run(
            command, env=namespace.environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SandboxError(f"containerd does not take {image}: {done.stderr.strip()}")
        _stamp(root, image).write_text(_version(image))


def _missing(root: Path) -> list[Path]:
    """The images that a store lacks or has in another version."""

    def there(image: Path) -> bool:
        stamp = _stamp(root, image)
        return stamp.exists() and stamp.read_text() == _version(image)

    return [image for image in sorted(paths.IMAGES.glob("*.tar")) if not there(image)]


def _stamp(root: Path, image: Path) -> Path:
    """Says which version of an image a store has."""
    return root / f"{image.name}.imported"


def _version(image: Path) -> str:
    return str(image.stat().st_mtime_ns)
