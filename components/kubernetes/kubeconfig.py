"""The ambient kubeconfig, read to know which cluster the program would write to."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import yaml

from components.certificates import pem


class KubeconfigError(Exception):
    """Says in one line why no cluster can be told from the kubeconfig."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The API server that a context points to."""

    context: str
    server: str
    certificate_authority: str | None
    """PEM, or None where the kubeconfig names none."""

    def answers_at(self, endpoint: str) -> bool:
        """Whether the endpoint is this server, however it is written."""
        return _host(endpoint) == _host(self.server)


def current(context: str) -> Cluster:
    """The cluster of `context`, or of the current context when that is empty."""
    paths = [Path(path) for path in _paths() if Path(path).is_file()]
    if not paths:
        raise KubeconfigError(
            f"kubeContext: there is no kubeconfig at {' or '.join(_paths())}; set KUBECONFIG"
        )
    documents = [(path, _parse(path)) for path in paths]
    name = context or next(
        (found for _, document in documents if (found := document.get("current-context"))), ""
    )
    if not name:
        raise KubeconfigError(
            "kubeContext: is empty and the kubeconfig has no current context; "
            "type `pulumi config set kubeContext …`"
        )
    entry = _named(documents, "contexts", name, "context")
    if entry is None:
        known = sorted(
            item["name"] for _, document in documents for item in document.get("contexts") or []
        )
        raise KubeconfigError(
            f'kubeContext: "{name}" is no context of the kubeconfig; it has: {", ".join(known)}'
        )
    cluster = _named(documents, "clusters", entry[1].get("cluster", ""), "cluster")
    if cluster is None or "server" not in cluster[1]:
        raise KubeconfigError(f'kubeContext: context "{name}" names no cluster with a server')
    path, fields = cluster
    return Cluster(name, fields["server"], _authority(path, fields))


def _host(endpoint: str) -> str:
    return endpoint.removeprefix("https://").rstrip("/").removesuffix(":443").lower()


def _paths() -> list[str]:
    given = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    return given or [str(Path.home() / ".kube" / "config")]


def _parse(path: Path) -> dict[str, Any]:
    try:
        document: Any = yaml.safe_load(_text(path))
    except yaml.YAMLError as error:
        raise KubeconfigError(f"kubeContext: {path} is no YAML file") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"kubeContext: {path} is no kubeconfig")
    return document


def _named(
    documents: list[tuple[Path, dict[str, Any]]], section: str, name: str, key: str
) -> tuple[Path, dict[str, Any]] | None:
    """The first entry of that name, as kubectl merges several files: the first one wins."""
    for path, document in documents:
        for item in document.get(section) or []:
            if item.get("name") == name:
                return path, item.get(key) or {}
    return None


def _authority(path: Path, fields: dict[str, Any]) -> str | None:
    if data := fields.get("certificate-authority-data"):
        return pem(data)
    if file := fields.get("certificate-authority"):
        return pem(_text(path.parent / file))
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise KubeconfigError(
            f"kubeContext: {path}, of the kubeconfig, can't be read: "
            f"{getattr(error, 'strerror', 'it is no text')}"
        ) from error
