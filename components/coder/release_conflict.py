"""Refuses, already at preview, to install Coder beside a Helm release that has its names."""

from collections.abc import Sequence

import pulumi

from components.guards import Refusal
from components.imports import recovery_command
from components.kubernetes.client import Cluster
from components.kubernetes.conflicts import OTHER_NAMESPACE, asking, exists

HELM_RELEASE = "meta.helm.sh/release-name"
"""Helm's annotation of every object of a release."""


def release_conflict(
    cluster: Cluster, namespace: str, name: str, account: str, parent: pulumi.Resource
) -> Refusal:
    """Refuses where the Helm release exists, or its ServiceAccount belongs to another one."""

    def refusal(call: pulumi.ResourceHookArgs) -> str | None:
        if cluster.namespace(namespace) is None:
            return None
        if revisions := cluster.release_revisions(namespace, name):
            statuses = [each["metadata"]["labels"]["status"] for each in revisions]
            return _release(f"{namespace}/{name}", statuses, call, parent)
        found = cluster.service_account(namespace, account)
        owner = (found or {}).get("metadata", {}).get("annotations") or {}
        if not found or owner.get(HELM_RELEASE) == name:
            return None
        helm = owner.get(HELM_RELEASE)
        return (
            f"ServiceAccount {namespace}/{account} exists already and belongs to "
            f"{f'Helm release {helm}' if helm else 'no Helm release'}, so that Helm would refuse "
            f"to install Coder; {OTHER_NAMESPACE}, or delete the ServiceAccount"
        )

    return asking(refusal)


def _release(
    path: str, statuses: Sequence[str], call: pulumi.ResourceHookArgs, parent: pulumi.Resource
) -> str:
    namespace, _, name = path.partition("/")
    at = f"{name} --namespace {namespace}"
    status = statuses[-1]
    if not {"deployed", "superseded"} & set(statuses) or status == "uninstalling":
        return (
            f"Helm release {path} was left {status}, and a release of that name can't be "
            f"installed; if an update of this stack was killed: {recovery_command(call)}; "
            f"else: `helm uninstall {at} --wait`"
        )
    cures = [OTHER_NAMESPACE]
    if status.startswith("pending-"):
        # Not --wait: the revision's pods can't start if a later version has migrated the database.
        cures.append(f"it was left {status}: first `helm rollback {at}`, then run `pulumi up` soon")
    return exists(f"Helm release {path}", path, call, parent, cures)
