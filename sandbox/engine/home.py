"""The Pulumi CLI's home, backend and passphrase, in the sandbox's state directory."""

import os
import secrets
import shutil
from pathlib import Path

from sandbox import SandboxError
from sandbox.engine import wrappers
from sandbox.engine.policy_virtualenv import link_virtualenv
from sandbox.machine import paths

STATE_VERSION = 4
"""Increase it when stacks of the previous sandbox version would show changes."""


def environment(state: Path = paths.PULUMI) -> dict[str, str]:
    """The environment of the CLI; creates the files that it needs in `state`."""
    refuse_other_version(state)
    home, backend, passphrase = state / "home", state / "backend", state / "passphrase"
    home.mkdir(parents=True, exist_ok=True)
    _marker(state).touch()  # before the backend: a backend without a marker is refused
    backend.mkdir(exist_ok=True)
    if not passphrase.exists():
        write_private(passphrase, secrets.token_urlsafe(24))
    path = f"{paths.BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if not shutil.which("pulumi", path=path):
        raise SandboxError("pulumi is not built yet: run `python -m sandbox setup`")
    wrappers.install_language_host(home)
    wrappers.install_plugins(home)
    link_virtualenv()
    ours = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PULUMI_") or key == "PULUMI_DEBUG_COMMANDS"
    }
    return ours | {
        "PATH": path,
        "KUBECONFIG": str(paths.KUBECONFIG),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        # A plugin on the PATH would come before those in the home, with a warning in each command.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "HELM_CACHE_HOME": str(state / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(state / "helm" / "config"),
        "HELM_DATA_HOME": str(state / "helm" / "data"),
    }


def refuse_other_version(state: Path = paths.PULUMI) -> None:
    """Raise an error if the stacks were created by another version of the sandbox."""
    if (state / "backend").exists() and not _marker(state).exists():
        raise SandboxError(
            "the stacks here were brought up by another version of the sandbox; to begin anew: "
            f"`make down && rm -r {paths.STATE}`"
        )


def _marker(state: Path) -> Path:
    return state / f"version-{STATE_VERSION}"


def write_private(path: Path, text: str) -> None:
    """Write a file that is created readable only by its owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
