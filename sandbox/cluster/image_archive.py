"""Writes container images in the docker-archive format, which containerd can import."""

import filecmp
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeAlias

_CREATED = "2026-01-01T00:00:00Z"
"""Fixed, so that an image changes only if its content changes."""


@dataclass(frozen=True)
class Link:
    """A symbolic link in an image."""

    target: str


Files: TypeAlias = Mapping[str, Path | bytes | Link]
"""The files of an image by their absolute path in it; a Path is copied and made executable."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """The name and configuration of an image; its files are those of its archive."""

    reference: str
    entrypoint: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = ""
    stop_signal: str = "SIGTERM"
    environment: Mapping[str, str] = field(default_factory=dict)


def write(path: Path, files: Files, images: Sequence[Image]) -> None:
    """Write images that share the same files; an archive that would not change is not written."""
    layer = _layer(files)
    digest = hashlib.sha256(layer).hexdigest()
    members: dict[str, bytes] = {f"{digest}/layer.tar": layer}
    manifest: list[dict[str, object]] = []
    for image in images:
        config = _config(image, digest)
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        members[name] = config
        entry = {"Config": name, "RepoTags": [image.reference], "Layers": [f"{digest}/layer.tar"]}
        manifest.append(entry)
    members["manifest.json"] = json.dumps(manifest).encode()
    _write_if_changed(path, members)


def _config(image: Image, layer: str) -> bytes:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **image.environment}
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": _CREATED,
        "config": {
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "Entrypoint": list(image.entrypoint),
            "Cmd": list(image.command),
            "User": image.user,
            "StopSignal": image.stop_signal,
            "WorkingDir": "/",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created": _CREATED, "created_by": "sandbox"}],
    }
    return json.dumps(config).encode()


def _layer(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for directory in _directories(files):
            entry = tarfile.TarInfo(directory)
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o1777 if directory == "tmp" else 0o755
            archive.addfile(entry)
        for name in sorted(files):
            _add(archive, name.lstrip("/"), files[name])
    return buffer.getvalue()


def _directories(files: Files) -> list[str]:
    """All parent directories of the files, each after its own parent, and /tmp."""
    parents = {str(parent) for name in files for parent in PurePosixPath(name.lstrip("/")).parents}
    return sorted((parents | {"tmp"}) - {"."})


def _add(archive: tarfile.TarFile, name: str, content: Path | bytes | Link) -> None:
    entry = tarfile.TarInfo(name)
    if isinstance(content, Link):
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, content.target, 0o777
        archive.addfile(entry)
        return
    data = content if isinstance(content, bytes) else content.read_bytes()
    executable = isinstance(content, Path) or data.startswith(b"#!")
    entry.size, entry.mode = len(data), 0o755 if executable else 0o644
    archive.addfile(entry, io.BytesIO(data))


def _write_if_changed(path: Path, members: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with tarfile.open(temporary, "w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    if path.exists() and filecmp.cmp(temporary, path, shallow=False):
        temporary.unlink()
    else:
        temporary.replace(path)
