"""Puts the language host and the plugins where the CLI looks for them."""

import importlib.util
import os
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sandbox import SandboxError
from sandbox.machine import paths

PROVIDERS = ("aws", "azure-native", "gcp", "kubernetes", "random")


def install_plugins(home: Path) -> None:
    """Have every stand-in whose SDK is installed found below the CLI's home."""
    for provider in PROVIDERS:
        try:
            plugin_version = version(f"pulumi-{provider}")
        except PackageNotFoundError:
            continue
        module = f"sandbox.providers.{provider.replace('-', '_')}"
        if importlib.util.find_spec(module):
            install_plugin(provider, plugin_version, module, home)


def install_plugin(name: str, plugin_version: str, module: str, home: Path) -> None:
    """Have a module found as the plugin of that version."""
    file = home / "plugins" / f"resource-{name}-v{plugin_version}" / f"pulumi-resource-{name}"
    root = shlex.quote(str(paths.ROOT))
    _write_command(file, f"PYTHONPATH={root} exec {_PYTHON} -P -m {module}")


def install_language_host(path: str) -> None:
    """Put our language host beside the CLI that the path leads to, unless that has its own."""
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise SandboxError("pulumi is not built yet: run `python -m sandbox setup`")
    beside = Path(found).resolve().parent
    ours = beside.is_relative_to(paths.HOME)
    if ours or not (beside / "pulumi-language-python").exists():
        host = shlex.quote(str(paths.ROOT / "sandbox" / "engine" / "language_host.py"))
        folder = beside if ours else paths.BIN
        _write_command(folder / "pulumi-language-python", f"exec {_PYTHON} -P {host}")


# They run on the Python that runs the sandbox, whatever PATH says when the CLI starts them.
_PYTHON = shlex.quote(sys.executable)


def _write_command(path: Path, command: str) -> None:
    text = f'#!/bin/sh\n{command} "$@"\n'
    if path.exists() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Moved into place: the one that is there may be running.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(path)
