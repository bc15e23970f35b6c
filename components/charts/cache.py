"""Keeps downloaded charts, by digest, in the user's cache directory."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


class WrongDigest(Exception):
    """The downloaded content has another digest than it must have, which is the message."""


def content(digest: str, download: Callable[[], bytes]) -> bytes:
    """The content with that SHA-256, from the cache or else downloaded; raises WrongDigest."""
    with contextlib.suppress(OSError, RuntimeError):
        cached = _file(digest).read_bytes()
        if sha256(cached) == digest:
            return cached
    downloaded = download()
    if sha256(downloaded) != digest:
        raise WrongDigest(sha256(downloaded))
    # A home directory that is missing, full or read-only only costs a download each time.
    with contextlib.suppress(OSError, RuntimeError):
        write(_file(digest), downloaded)
    return downloaded


def sha256(data: bytes) -> str:
    """The digest in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write(path: Path, data: bytes) -> None:
    """Write a file that another process never sees half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(data)
    Path(draft.name).replace(path)


def _file(digest: str) -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "coder-charts" / f"{digest}.tgz"
