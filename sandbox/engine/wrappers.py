"""Installs what the CLI looks for: the language host and the provider plugins."""

import importlib.util
import os
import shlex
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sandbox.machine import paths
from sandbox.tools.programs import KUBERNETES_PROVIDER

STAND_INS = ("aws", "azure-native", "gcp", "random")


def install_plugins(home: Path) -> None:
    """Install the published Kubernetes plugin, and each simulated one whose SDK is installed."""
    plugin = _plugin("kubernetes", version("pulumi-kubernetes"), home)
    draft = _draft(plugin)
    draft.symlink_to(paths.BIN / KUBERNETES_PROVIDER)
    draft.replace(plugin)
    for provider in STAND_INS:
        try:
            plugin_version = version(f"pulumi-{provider}")
        except PackageNotFoundError:
            continue
        module = f"sandbox.providers.{provider.replace('-', '_')}"
        if importlib.util.find_spec(module):
            install_plugin(provider, plugin_version, module, home)


def install_plugin(name: str, plugin_version: str, module: str, home: Path) -> None:
    """Install a Python module as the plugin of that version."""
    root = shlex.quote(str(paths.ROOT))
    command = f"PYTHONPATH={root} exec {_PYTHON} -P -m {module}"
    _write_command(_plugin(name, plugin_version, home), command)


def install_language_host(home: Path) -> None:
    """Install our language host; a published one beside `pulumi` takes precedence."""
    for former in paths.TOOLS.glob("pulumi-*/pulumi-language-python"):
        former.unlink(missing_ok=True)  # where it was installed before
    host = shlex.quote(str(paths.ROOT / "sandbox" / "engine" / "language_host.py"))
    target = _path(f"language-python-v{version('pulumi')}", home)
    _write_command(target, f"exec {_PYTHON} -P {host}")


def _plugin(name: str, plugin_version: str, home: Path) -> Path:
    return _path(f"resource-{name}-v{plugin_version}", home)


def _path(plugin: str, home: Path) -> Path:
    return home / "plugins" / plugin / f"pulumi-{plugin.rpartition('-v')[0]}"


# The Python that runs the sandbox; the PATH of the CLI may have another one.
_PYTHON = shlex.quote(sys.executable)


def _write_command(path: Path, command: str) -> None:
    text = f'#!/bin/sh\n{command} "$@"\n'
    if path.exists() and path.read_text() == text:
        return
    draft = _draft(path)
    draft.write_text(text)
    draft.chmod(0o755)
    draft.replace(path)


def _draft(path: Path) -> Path:
    """A temporary path beside the target, for an atomic rename: the target may be running."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)  # left by a killed process that had the same PID
    return draft
