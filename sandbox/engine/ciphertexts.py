"""Caches encrypted settings between commands: the CLI takes a second to encrypt one."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox.machine import files

Config = dict[str, Any]
_STEP = re.compile(r'\["([^"]+)"\]|\[(\d+)\]|\.?([^.\[]+)')
"""One step of a path, as `pulumi config set --path` takes it."""


class Ciphertexts:
    """The ciphertext of each secret setting, with a digest of its value."""

    def __init__(self, settings: Path, salt: Mapping[str, Any]) -> None:
        self._settings = settings
        self._file = settings.with_suffix(".ciphertexts.json")
        self._salt = json.dumps(salt, sort_keys=True)
        self._kept: dict[str, list[str]] = {}
        if self._file.exists():
            self._kept = json.loads(self._file.read_text())

    def insert(self, config: Config, secrets: Mapping[str, str]) -> dict[str, str]:
        """Insert the known ciphertexts; returns the secrets that are still to be encrypted."""
        left = {}
        for path, value in secrets.items():
            digest, ciphertext = self._kept.get(path, ("", ""))
            if digest == self._digest(value):
                holder, key = _holder(config, path)
                holder[key] = {"secure": ciphertext}
            else:
                left[path] = value
        return left

    def keep(self, secrets: Mapping[str, str]) -> None:
        """Store the settings file's current ciphertexts for the next command."""
        config = yaml.safe_load(self._settings.read_text())["config"]
        kept = {}
        for path, value in secrets.items():
            holder, key = _holder(config, path)
            kept[path] = [self._digest(value), holder[key]["secure"]]
        files.write_atomically(self._file, json.dumps(kept), 0o600)

    def _digest(self, value: str) -> str:
        return hashlib.sha256(f"{self._salt}{value}".encode()).hexdigest()


def _holder(config: Config, path: str) -> tuple[Any, str | int]:
    """What contains the setting, an object or a list, and its key or index there."""
    *steps, last = [
        int(index) if index else quoted or plain for quoted, index, plain in _STEP.findall(path)
    ]
    holder: Any = config
    for step in steps:
        holder = holder[step] if isinstance(holder, list) else holder.setdefault(step, {})
    return holder, last
