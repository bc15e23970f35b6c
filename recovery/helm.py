"""Helm's releases, as the helm CLI of the ambient environment shows and changes them."""

import dataclasses
import json
from collections.abc import Iterable, Iterator

from recovery.commands import Run, checked
from recovery.state import Resource, State

TYPE = "kubernetes:helm.sh/v3:Release"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """A Helm release that the stack has or was creating."""

    namespace: str
    name: str
    context: str
    """Of the kubeconfig; empty for the current one."""
    cluster: str
    """What identifies its cluster in the state."""

    def __str__(self) -> str:
        return f"Helm release {self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Revision:
    """One entry of a release's history."""

    number: int
    status: str

    @property
    def pending(self) -> bool:
        """Whether a Helm operation runs, or was killed."""
        return self.status.startswith("pending-")


class Helm:
    """The helm CLI."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def history(self, release: Release) -> list[Revision]:
        """The release's revisions, the newest last; none where there is no release."""
        result = self._run([*_words("history", release), "--output", "json"], {})
        if "release: not found" in result.stderr:
            return []
        return [
            Revision(number=item["revision"], status=item["status"])
            for item in json.loads(checked(result))
        ]

    def rollback(self, release: Release, revision: int) -> None:
        """Deploy a former revision again."""
        checked(self._run([*_words("rollback", release), str(revision)], {}))

    def uninstall(self, release: Release) -> None:
        """Delete the release, and wait until its objects are gone."""
        checked(self._run([*_words("uninstall", release), "--wait"], {}))


def releases(state: State) -> Iterator[Release]:
    """Every release of the stack, with those that were being created."""
    resources = [*state.resources, *(operation.resource for operation in state.pending)]
    yield from dict.fromkeys(_among(resources, state))


def created(state: State) -> Iterator[Release]:
    """The releases that were being created."""
    operations = [item.resource for item in state.pending if item.kind == "creating"]
    yield from _among(operations, state)


def _among(resources: Iterable[Resource], state: State) -> Iterator[Release]:
    return (release_of(resource, state) for resource in resources if resource.type == TYPE)


def release_of(resource: Resource, state: State) -> Release:
    """The release behind a resource."""
    provider = state.find(resource.provider)
    settings = provider.inputs if provider else {}
    return Release(
        namespace=resource.inputs.get("namespace") or "default",
        name=resource.inputs.get("name") or resource.name,
        context=settings.get("context") or "",
        cluster=settings.get("clusterIdentifier") or "",
    )


def _words(command: str, release: Release) -> list[str]:
    words = ["helm", command, release.name, "--namespace", release.namespace]
    return words + (["--kube-context", release.context] if release.context else [])
