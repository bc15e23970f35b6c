"""The ambient kubeconfig: which cluster a context points to."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from components import yaml_text
from components.certificates import pem


class KubeconfigError(Exception):
    """The kubeconfig names no cluster; the message is one line about the setting kubeContext."""


@dataclasses.dataclass(frozen=True)
class KubeconfigCluster:
    """The API server that a context points to."""

    context: str
    server: str
    certificate_authority: str | None
    """PEM, or None if the kubeconfig has none."""

    def answers_at(self, endpoint: str) -> bool:
        """Whether the endpoint is this server's, regardless of case, scheme and default port.

        A uid that follows the address in an identifier (identity.py) is left out.
        """
        return _host(endpoint.partition("#")[0]) == _host(self.server)


def current(context: str) -> KubeconfigCluster:
    """The cluster of `context`, or of the current context if that is empty."""
    files = [path for path in map(Path, paths()) if path.is_file()]
    if not files:
        raise KubeconfigError(
            f"kubeContext: no kubeconfig found at {' or '.join(paths())}; set KUBECONFIG"
        )
    documents = [(path, _parse(path)) for path in files]
    name = context or _current_context(documents)
    entry = _named(documents, "contexts", name, "context")
    if entry is None:
        known = sorted(
            item["name"] for _, document in documents for item in document.get("contexts") or []
        )
        raise KubeconfigError(
            f'kubeContext: is "{name}", must be a context of the kubeconfig: {", ".join(known)}'
        )
    cluster = _named(documents, "clusters", entry[1].get("cluster", ""), "cluster")
    if cluster is None or "server" not in cluster[1]:
        raise KubeconfigError(
            f'kubeContext: context "{name}" of the kubeconfig has no cluster with a server'
        )
    user = _named(documents, "users", entry[1].get("user", ""), "user")
    if user is None or not user[1]:
        # The provider would ask for them, and wait for ever.
        raise KubeconfigError(
            f'kubeContext: context "{name}" of the kubeconfig has no user with credentials'
        )
    path, fields = cluster
    return KubeconfigCluster(name, fields["server"], _authority(path, fields))


def _current_context(documents: list[tuple[Path, dict[str, Any]]]) -> str:
    for _, document in documents:
        if name := document.get("current-context"):
            return name
    raise KubeconfigError(
        "kubeContext: is empty, and the kubeconfig has no current context; "
        "type `pulumi config set kubeContext …`"
    )


def _host(endpoint: str) -> str:
    return endpoint.removeprefix("https://").rstrip("/").removesuffix(":443").lower()


def paths() -> list[str]:
    """The files of the kubeconfig, as kubectl reads them."""
    given = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    return given or [str(Path.home() / ".kube" / "config")]


def _parse(path: Path) -> dict[str, Any]:
    try:
        document: Any = yaml_text.parse(_text(path))
    except yaml.YAMLError as error:
        raise KubeconfigError(f"kubeContext: {path} is not valid YAML") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"kubeContext: {path} is not a kubeconfig")
    return document


def _named(
    documents: list[tuple[Path, dict[str, Any]]], section: str, name: str, key: str
) -> tuple[Path, dict[str, Any]] | None:
    """The first entry of that name; as in kubectl, the first of several files takes precedence."""
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
        reason = getattr(error, "strerror", "not a text file")
        raise KubeconfigError(
            f"kubeContext: {path}, which belongs to the kubeconfig, can't be read: {reason}"
        ) from error


def problems(context: str, *, endpoints: Sequence[str], cluster: str, cure: str) -> Iterator[str]:
    """One line where the kubeconfig points to none of the cluster's endpoints."""
    try:
        found = current(context)
    except KubeconfigError as error:
        yield str(error)
        return
    if not any(map(found.answers_at, endpoints)):
        yield (
            f"kubeContext: context {found.context} of the kubeconfig points to {found.server}, but "
            f"{cluster} answers at {' and '.join(endpoints)}; {cure}, or set kubeContext to its "
            "context"
        )
