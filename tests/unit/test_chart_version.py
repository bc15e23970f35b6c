"""The chart's version does not go below one that may have migrated the database."""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pulumi
import pytest

from components.coder.chart_version import refuse_lower_version
from components.kubernetes.client import ClusterError
from tests.unit.pretend import deployed, rolled_out
from tests.unit.stacks import made
from tests.unit.test_rollout import HASH, changed, pod, progressing

BEFORE, AFTER = "2.38.8", "2.38.7"


def labelled(deployment: dict[str, Any], version: str) -> dict[str, Any]:
    labels = {"helm.sh/chart": f"coder-{version}"}
    return deployment | {"metadata": deployment["metadata"] | {"labels": labels}}


def update(
    before: str, after: str, deployment: Any, *pods: dict[str, Any], status: str = "deployed"
) -> None:
    """Run the hook of an update from one version to another one on a cluster."""

    def read(namespace: str, name: str) -> Any:
        assert (namespace, name) == ("team", "coder")
        if isinstance(deployment, Exception):
            raise deployment
        return deployment

    owner = {
        "metadata": {
            "annotations": {"deployment.kubernetes.io/revision": "1"},
            "labels": {HASH: "new"},
        }
    }
    cluster: Any = SimpleNamespace(
        deployment=read, replica_sets=lambda *_: [owner], pods=lambda *_: list(pods)
    )
    old = {"status": {"version": before, "status": status, "namespace": "team"}}
    call: Any = mock.Mock(old_outputs=old, new_inputs={"version": after})
    with mock.patch.object(pulumi, "ResourceHook", lambda _, run, __: run):
        hook: Any = refuse_lower_version("coder-release", cluster, "coder")
    hook(call)


def refused(before: str, after: str, *cluster: Any, status: str = "deployed") -> None:
    words = f"chartVersion: is {after}, but {before} is installed, and Coder's migrations"
    with pytest.raises(pulumi.RunError, match=words):
        update(before, after, *cluster, status=status)


def test_the_release_has_the_hook() -> None:
    for protect in (True, False):
        release = deployed(made(protect=protect)).named("coder-release")
        assert "coder-release: chart version" in release.hooks["before_update"]


@pytest.mark.parametrize(
    ("before", "after"), [("2.38.8", "2.38.7"), ("2.10.0", "2.9.9"), ("2.0.0", "1.44.3")]
)
def test_a_lower_version_is_refused(before: str, after: str) -> None:
    refused(before, after, rolled_out(1))


@pytest.mark.parametrize(
    ("before", "after"), [("2.38.8", "2.38.8"), ("2.9.9", "2.10.0"), ("1.44.3", "2.38.8")]
)
def test_the_same_and_a_later_version_are_accepted(before: str, after: str) -> None:
    update(before, after, AssertionError("the cluster is not asked"))


def test_a_version_that_never_started_has_migrated_nothing() -> None:
    update(BEFORE, AFTER, progressing(), pod("coder-new"))
    refused(BEFORE, AFTER, progressing(), pod("coder-new", seconds=1, container="migrations"))
    lost = rolled_out(1, 0)
    refused(BEFORE, AFTER, lost, pod("coder-new"))  # Its first pod migrated, and is gone.
    crashed = pod("coder-new")
    crashed["status"]["containerStatuses"][0]["restartCount"] = 1
    refused(BEFORE, AFTER, progressing(), crashed)


def test_a_release_that_helm_could_not_apply_is_judged_by_its_deployment() -> None:
    update(BEFORE, AFTER, labelled(rolled_out(1), AFTER), status="failed")
    update(BEFORE, AFTER, None, status="failed")
    refused(BEFORE, AFTER, labelled(rolled_out(1), BEFORE), status="failed")
    update(BEFORE, AFTER, labelled(progressing(), BEFORE), pod("coder-new"), status="failed")


@pytest.mark.parametrize("found", [None, ClusterError("no route"), changed(rolled_out(2))])
def test_a_lower_version_is_refused_where_nothing_is_known(found: Any) -> None:
    refused(BEFORE, AFTER, found)
