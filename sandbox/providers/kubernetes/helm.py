"""The helm command line; values and kubeconfig reach it in memory, never as arguments or files."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.providers.framework.provider import Failure, Operation

_POLL_SECONDS = 0.05
_ALL = str(2**31 - 1)
"""More revisions than any release has."""
_PREFIXES = ("INSTALLATION FAILED: ", "UPGRADE FAILED: ")


class HelmError(Failure):
    """What helm says went wrong."""


@dataclass(frozen=True)
class Helm:
    """Helm on one cluster, in one namespace."""

    config: Mapping[str, Any]
    """The kubeconfig."""
    namespace: str

    def run(self, op: Operation, *words: str, values: Mapping[str, Any] | None = None) -> str:
        """Run a command to its end; return what it prints. One with values ends when cancelled."""
        command = [_binary(), *words, "--namespace", self.namespace]
        descriptors = [_in_memory(self.config)]
        command += ["--kubeconfig", f"/dev/fd/{descriptors[0]}"]
        if values is not None:
            descriptors.append(_in_memory(values))
            command += ["--values", f"/dev/fd/{descriptors[1]}"]
        try:
            with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=errors,
                    pass_fds=descriptors,
                )
                if values is None:
                    process.wait()
                else:
                    _wait(op, process)
                output.seek(0)
                errors.seek(0)
                if process.returncode:
                    raise HelmError(message(errors.read().decode(errors="replace")))
                return output.read().decode()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def history(self, op: Operation, name: str) -> list[dict[str, Any]]:
        """The revisions of a release, oldest first; none when there is no such release."""
        try:
            return json.loads(self.run(op, "history", name, "--max", _ALL, "--output", "json"))
        except HelmError as error:
            if "release: not found" in str(error):
                return []
            raise

    def release(self, op: Operation, name: str, revision: int = 0) -> dict[str, Any]:
        """A release as `install` and `upgrade` print it."""
        chosen = ["--revision", str(revision)] if revision else []
        words = ("--output", "json", *chosen)
        status = json.loads(self.run(op, "status", name, *words))
        about = json.loads(self.run(op, "get", "metadata", name, *words))
        names = {"name": about["chart"], "version": about["version"]}
        status["chart"] = {"metadata": {**names, "appVersion": about.get("appVersion", "")}}
        return status


def _binary() -> str:
    found = shutil.which("helm")
    if found is None:
        raise Failure("helm is not on PATH: run `python -m sandbox setup`")
    return found


def _in_memory(content: Mapping[str, Any]) -> int:
    descriptor = os.memfd_create("helm", 0)
    os.write(descriptor, json.dumps(content).encode())
    os.set_inheritable(descriptor, True)
    return descriptor


def _wait(op: Operation, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        if op.engine.cancelled.wait(_POLL_SECONDS):
            # Helm stops waiting then and, if it was told to be atomic, takes everything back.
            process.send_signal(signal.SIGINT)
            process.wait()


def message(errors: str) -> str:
    """Helm's own error, without its warnings and the command's name."""
    _, found, message = errors.rpartition("Error: ")
    message = message.strip() if found else errors.strip()
    for prefix in _PREFIXES:
        message = message.removeprefix(prefix)
    return message or "helm failed without a word"
