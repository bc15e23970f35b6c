"""The stored state of a simulated cloud: one file for each region, changed under a lock."""

import contextlib
import fcntl
import json
import os
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

from sandbox.machine import files, paths
from sandbox.providers.framework.requests import Permission, Request, record

Data = dict[str, Any]
PERMISSIONS = "permissions.jsonl"
"""The file in a cloud's folder that says which permissions its requests needed."""


class Account(ABC):
    """The stored state of one cloud in one scope: a region, a project or a subscription."""

    cloud: ClassVar[str]
    """The provider's name."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    @abstractmethod
    def seed(self) -> Data:
        """The initial state of a scope; its keys include `instances` and `snapshots`."""

    @classmethod
    def folder(cls) -> Path:
        """Where the cloud's state is kept; a test sets SANDBOX_CLOUDS."""
        return Path(os.environ.get("SANDBOX_CLOUDS", paths.STATE)) / cls.cloud

    @classmethod
    def stored(cls) -> list[Self]:
        """Every scope that has a state file."""
        return [cls(file.stem) for file in sorted(cls.folder().glob("*.json"))]

    @classmethod
    def record(cls, request: Request, permissions: Iterable[Permission]) -> None:
        """Record which permissions a request needs."""
        record(cls.folder() / PERMISSIONS, request, permissions)

    @property
    def file(self) -> Path:
        """The file that holds the scope's state."""
        return self.folder() / f"{self.scope}.json"

    def read(self) -> Data:
        """Read the state; changes of the returned dict are not stored."""
        return json.loads(text) if (text := self._text()) else self.seed()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Data]:
        """Lock the state and store the block's changes; if the block raises, store nothing."""
        self.folder().mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._text()
            data = json.loads(before) if before else self.seed()
            yield data
            after = json.dumps(data, indent=1)
            if after != before:
                files.write_atomically(self.file, after)

    def _text(self) -> str:
        return self.file.read_text() if self.file.exists() else ""


def cluster_ca() -> str:
    """The cluster's CA certificate in base64; empty if the sandbox was never started."""
    file = paths.PKI / "ca.crt"
    return b64encode(file.read_bytes()).decode() if file.exists() else ""
