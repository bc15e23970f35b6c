"""The chart's version never goes back: Coder's migrations of its database have no way back."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components import guards
from components.coder import rollout
from components.kubernetes.client import Cluster, ClusterError

CHART = "helm.sh/chart"
"""The label with a chart's name and version."""


def refuse_lower_version(name: str, cluster: Cluster, deployment: str) -> pulumi.ResourceHook:
    """A hook of the release that refuses an older chart than the newest that may have migrated."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        status = (call.old_outputs or {}).get("status") or {}
        before, after = status.get("version"), (call.new_inputs or {}).get("version")
        if not (before and after) or _number(after) >= _number(before):
            return
        if _may_have_migrated(cluster, deployment, status):
            raise pulumi.RunError(
                f"chartVersion: is {after}, but {before} is installed, and Coder's migrations of "
                f"its database don't go back; set it to {before} or later. To go back, restore a "
                "backup from before the upgrade into another stack"
            )

    return guards.hook(f"{name}: chart version", before_update)


def _may_have_migrated(cluster: Cluster, deployment: str, status: Mapping[str, Any]) -> bool:
    """Whether a container of the release's version may have run: only containers migrate."""
    try:
        found = rollout.read(cluster, str(status.get("namespace")), deployment)
    except ClusterError:
        return True
    if status.get("status") == "failed":
        # Helm may have failed before it changed the Deployment.
        labels = (found.deployment["metadata"].get("labels") if found else None) or {}
        if not str(labels.get(CHART)).endswith(f"-{status['version']}"):
            return False
    return found is None or not found.never_started


def _number(version: str) -> tuple[int, ...]:
    release = version.removeprefix("v").partition("-")[0].partition("+")[0]
    return tuple(int(part) for part in release.split("."))
