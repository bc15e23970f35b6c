"""The Pulumi CLI with a home, a backend and plugins of the sandbox's own."""

import importlib.util
import os
import secrets
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sandbox import SandboxError, paths

PROVIDERS = ("aws", "azure-native", "gcp", "kubernetes", "random")


def environment(state: Path = paths.PULUMI) -> dict[str, str]:
    """The environment to run the CLI in; what it needs below `state` is made."""
    home, backend, passphrase = state / "home", state / "backend", state / "passphrase"
    for directory in (home, backend):
        directory.mkdir(parents=True, exist_ok=True)
    if not passphrase.exists():
        write_private(passphrase, secrets.token_urlsafe(24))
    path = f"{paths.BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    install_language_host(path)
    for provider in PROVIDERS:
        install_plugin(provider, home)
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return ours | {
        "PATH": path,
        "KUBECONFIG": str(paths.KUBECONFIG),
        "PULUMI_HOME": str(home),
        "PULUMI_BACKEND_URL": f"file://{backend}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "HELM_CACHE_HOME": str(state / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(state / "helm" / "config"),
        "HELM_DATA_HOME": str(state / "helm" / "data"),
    }


def install_plugin(name: str, home: Path, module: str = "", plugin_version: str = "") -> None:
    """Have the CLI find the stand-in under the version of the SDK that is installed."""
    module = module or f"sandbox.plugins.{name.replace('-', '_')}"
    try:
        plugin_version = plugin_version or version(f"pulumi-{name}")
        known = importlib.util.find_spec(module) is not None
    except (PackageNotFoundError, ModuleNotFoundError):
        return
    if known:
        folder = home / "plugins" / f"resource-{name}-v{plugin_version}"
        command = f"PYTHONPATH={shlex.quote(str(paths.ROOT))} exec {_PYTHON} -P -m {module}"
        _write_command(folder / f"pulumi-resource-{name}", command)


def install_language_host(path: str) -> None:
    """Put our language host beside the CLI, where it looks first, unless one is there."""
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise SandboxError("pulumi is not built yet: run `python -m sandbox setup`")
    beside = Path(found).resolve().parent
    if not (beside / "pulumi-language-python").exists() or beside.is_relative_to(paths.HOME):
        folder = beside if beside.is_relative_to(paths.HOME) else paths.BIN
        host = shlex.quote(str(paths.ROOT / "sandbox" / "language_host.py"))
        _write_command(folder / "pulumi-language-python", f"exec {_PYTHON} -P {host}")


# Plugins run on the Python that runs the sandbox, whatever PATH says when the CLI starts them.
_PYTHON = shlex.quote(sys.executable)


def _write_command(path: Path, command: str) -> None:
    text = f'#!/bin/sh\n{command} "$@"\n'
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A new file moved into place: the old one may be running.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(path)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, from its first moment on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
