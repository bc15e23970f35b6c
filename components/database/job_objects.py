"""The objects that the Jobs' pods need in a Namespace."""

from collections.abc import Callable, Iterator

from components.database.spec import DatabaseSpec
from components.kubernetes.client import ClusterError, Object


def missing(spec: DatabaseSpec, namespace: str) -> Iterator[str]:
    """One line for each that this Namespace does not have."""
    try:
        for key, title, read, command in _needed(spec, namespace):
            if read() is None:
                yield f"{key}: {title} does not exist; create it: `{command}`"
    except ClusterError:
        return


def too_early(spec: DatabaseSpec, namespace: str, *, recorded: bool) -> Iterator[str]:
    """One line for each that can't be in a Namespace that the update would create."""
    # For a Namespace that the state records, createNamespace: false would mean to delete it.
    cure = "" if recorded else ", and type `pulumi config set createNamespace false`"
    for key, title, _, command in _needed(spec, namespace):
        yield (
            f"{key}: {title} can't exist, as Namespace {namespace} does not yet; create both: "
            f"`kubectl create namespace {namespace}`, `{command}`{cure}"
        )


def _needed(
    spec: DatabaseSpec, namespace: str
) -> Iterator[tuple[str, str, Callable[[], Object | None], str]]:
    """The setting, the object, how it is read and how it is created."""
    jobs, cluster = spec.job_pods.settings, spec.cluster
    for index, name in enumerate(jobs.image_pull_secrets):
        yield (
            f"jobs.imagePullSecrets[{index}]",
            f"Secret {namespace}/{name}",
            lambda name=name: cluster.secret(namespace, name),
            f"kubectl create secret docker-registry {name} --namespace {namespace} …",
        )
    # Kubernetes makes a ServiceAccount `default` in each Namespace.
    if (account := jobs.service_account) not in ("", "default"):
        yield (
            "jobs.serviceAccount",
            f"ServiceAccount {namespace}/{account}",
            lambda: cluster.service_account(namespace, account),
            f"kubectl create serviceaccount {account} --namespace {namespace}",
        )
