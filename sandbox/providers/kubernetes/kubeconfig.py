"""Kubeconfigs: found, merged, and turned into a client that leaves nothing on a disk."""

import base64
import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import ApiClient, Configuration
from kubernetes.config import kube_config
from kubernetes.config.config_exception import ConfigException

from sandbox.providers.framework.provider import Failure

_CONNECTIONS = 32
_FILES = {
    "clusters": ("cluster", ("certificate-authority",)),
    "users": ("user", ("client-certificate", "client-key", "tokenFile")),
}
"""What a kubeconfig may name relative to itself."""


class Unreachable(Failure):
    """Why nothing can be asked of the cluster."""


def kubeconfig(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The kubeconfig that the settings give, as content or path, or the machine's own."""
    given = settings.get("kubeconfig")
    try:
        if given and not isinstance(given, str):
            config = copy.deepcopy(dict(given))
        elif given and not _is_path(given):
            config = dict(yaml.safe_load(given))
        else:
            config = _merged(given or os.environ.get("KUBECONFIG") or "~/.kube/config")
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        where = "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- "
        reason = str(error)
        if isinstance(error, OSError):
            reason = f"stat {error.filename}: {(error.strerror or '').lower()}"
        raise Unreachable(f"{where}{reason}") from error
    if settings.get("context"):
        config["current-context"] = settings["context"]
    if settings.get("cluster"):
        current_context(config)["cluster"] = settings["cluster"]
    return config


def current_context(config: Mapping[str, Any]) -> dict[str, Any]:
    """The cluster, user and namespace that the current context names."""
    for entry in config.get("contexts") or []:
        if entry.get("name") == config.get("current-context"):
            return entry["context"]
    return {}


def active_cluster(config: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of the cluster that the current context names."""
    name = current_context(config).get("cluster")
    clusters = config.get("clusters") or []
    return next((entry for entry in clusters if entry.get("name") == name), {})


def client(config: Mapping[str, Any]) -> ApiClient:
    """A client for the current context."""
    private = copy.deepcopy(dict(config))
    for section, (part, names) in _FILES.items():
        for entry in private.get(section) or []:
            values = entry.get(part) or {}
            for name in names:
                if data := values.pop(f"{name}-data", None):
                    # The library would write it to a file that outlives a killed process.
                    values[name] = _in_memory(base64.b64decode(data))
    configuration = Configuration()
    configuration.connection_pool_maxsize = _CONNECTIONS
    configuration.retries = False
    try:
        kube_config.load_kube_config_from_dict(
            private, client_configuration=configuration, persist_config=False
        )
    except ConfigException as error:
        known = {entry.get("name") for entry in config.get("contexts") or []}
        current = config.get("current-context")
        reason = str(error) if current in known else f'context "{current}" does not exist'
        raise Unreachable(
            "unable to load Kubernetes client configuration from kubeconfig file. "
            "Make sure you have: \n\n \t • set up the provider as per "
            "https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ "
            f"\n\n {reason}"
        ) from error
    return ApiClient(configuration)


def _is_path(text: str) -> bool:
    return "\n" not in text and not text.lstrip().startswith("{")


def _merged(paths: str) -> dict[str, Any]:
    """The files of a path list as one; of two entries with one name the first stands."""
    files = [Path(path).expanduser() for path in paths.split(os.pathsep) if path]
    merged: dict[str, Any] = {}
    for file in [file for file in files if file.exists()] or files[:1]:
        config = yaml.safe_load(file.read_text()) or {}
        _make_absolute(config, file.parent)
        for key, value in config.items():
            if isinstance(value, list):
                entries = merged.setdefault(key, [])
                known = {entry.get("name") for entry in entries}
                entries += [entry for entry in value if entry.get("name") not in known]
            elif not merged.get(key):
                merged[key] = value
    return merged


def _make_absolute(config: Mapping[str, Any], folder: Path) -> None:
    for section, (part, names) in _FILES.items():
        for entry in config.get(section) or []:
            values = entry.get(part) or {}
            for name in names:
                if values.get(name):
                    values[name] = str((folder / values[name]).absolute())


def _in_memory(content: bytes) -> str:
    """A path to the content, which is on no disk and gone with this process."""
    descriptor = os.memfd_create("kubernetes")
    os.write(descriptor, content)
    return f"/proc/{os.getpid()}/fd/{descriptor}"
