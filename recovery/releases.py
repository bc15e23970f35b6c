"""Helm releases that a killed update left pending: rolled back, or uninstalled."""

from collections.abc import Iterator, Sequence

from components.kubernetes import kubeconfig
from recovery import helm, processes
from recovery.commands import RecoveryError
from recovery.helm import Helm, Release, Revision
from recovery.state import Resource, State
from recovery.step import Step


class Releases:
    """The stack's Helm releases and their histories."""

    def __init__(self, cli: Helm, state: State) -> None:
        self._cli = cli
        self._state = state
        self._created = set(helm.created(state))
        self._histories: dict[Release, list[Revision]] = {}
        self._problems: dict[Release, RecoveryError] = {}
        for release in helm.releases(state):
            try:
                self._histories[release] = self._history(release)
            except RecoveryError as problem:
                self._problems[release] = problem

    def remains(self, resource: Resource) -> bool:
        """Whether the release exists after the repairs."""
        release = helm.release_of(resource, self._state)
        if release in self._problems:
            raise RecoveryError(f"{release} is not settled")
        history = self._histories[release]
        return bool(history) and not (self._unfinished(release) and last_good(history) is None)

    def steps(self) -> Iterator[Step]:
        """The repairs."""
        for release, problem in self._problems.items():
            yield Step(
                found=f"{release}: {problem}",
                advice=f"solve this for {release}, then run recovery again",
                unresolved=True,
            )
        for release, history in self._histories.items():
            if self._unfinished(release):
                yield self._repair_step(release, history)
            elif history and history[-1].status == "uninstalling":
                yield Step(
                    found=f"{release} was left uninstalling",
                    advice="run `pulumi destroy` again, which deletes it",
                    unresolved=True,
                )

    def _unfinished(self, release: Release) -> bool:
        """Whether a killed update left the release pending, or a failed first install in it."""
        *_, last = self._histories[release] or (None,)
        if last is None or last.pending:
            return last is not None
        # An earlier version of this program had Helm uninstall a first install that failed.
        return last.status == "uninstalling" and release in self._created

    def _history(self, release: Release) -> list[Revision]:
        _check_cluster(release)
        history = self._cli.history(release)
        process = processes.orphaned_plugin("kubernetes")
        if history and history[-1].pending and process:
            raise RecoveryError(
                f"it is {history[-1].status}, and process {process}, a provider that outlived the "
                "killed update, may still finish it: wait for the end of that process"
            )
        return history

    def _repair_step(self, release: Release, history: Sequence[Revision]) -> Step:
        revision = last_good(history)
        server = kubeconfig.current(release.context).server
        return Step(
            found=f"{release} at {server} was left {history[-1].status}",
            remedy="uninstall it: it was never deployed (helm uninstall)"
            if revision is None
            else f"roll it back to revision {revision}, deployed before (helm rollback)",
            act=lambda: self._repair(release, history),
        )

    def _repair(self, release: Release, planned: Sequence[Revision]) -> str:
        if self._cli.history(release) != planned:
            raise RecoveryError(f"{release} has changed since it was looked at: run recovery again")
        revision = last_good(planned)
        if revision is None:
            self._cli.uninstall(release)
            return f"{release} was uninstalled"
        self._cli.rollback(release, revision)
        return f"{release} was rolled back to revision {revision}"


def last_good(history: Sequence[Revision]) -> int | None:
    """The revision to go back to: the last deployed one, or one that was deployed before."""
    for status in ("deployed", "superseded"):
        numbers = [revision.number for revision in history if revision.status == status]
        if numbers:
            return max(numbers)
    return None


def _check_cluster(release: Release) -> None:
    """Refuse a kubeconfig of another cluster, if the state names the cluster by its URL."""
    try:
        current = kubeconfig.current(release.context)
    except kubeconfig.KubeconfigError as error:
        raise RecoveryError(str(error)) from error
    if release.cluster.startswith("https://") and not current.answers_at(release.cluster):
        raise RecoveryError(
            f"the kubeconfig points to {current.server}, and the stack is on {release.cluster}"
        )
