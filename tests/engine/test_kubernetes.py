"""The kubernetes plugin without a cluster: what it compares, what it waits for, what it says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.provider import Failure
from sandbox.providers.framework.values import UNKNOWN
from sandbox.providers.kubernetes import charts, helm, kubeconfig, pods, rules
from sandbox.providers.kubernetes.cluster import Cluster
from sandbox.providers.kubernetes.comparison import ComparedObject
from sandbox.providers.kubernetes.objects import KubernetesObject
from sandbox.providers.kubernetes.provider import Kubernetes
from sandbox.providers.kubernetes.rules import Look
from sandbox.providers.kubernetes.shape import fold_string_data, prune, without_server_fields
from tests.engine.stack import Stack

OP = Operation(Engine(""), {}, "urn:pulumi:dev::p::kubernetes:core/v1:Secret::s")
NOWHERE = {
    "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
    "users": [{"name": "u", "user": {}}],
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "current-context": "c",
}


def of(type: str, **settings: bool) -> ComparedObject:
    provider = Kubernetes()
    provider.config = dict(settings)
    provider.cluster.unreachable = "there is none"
    return KubernetesObject(provider, f"kubernetes:{type}")


def replacing(thing: ComparedObject, old: dict[str, Any], new: dict[str, Any]) -> bool:
    return any(thing.replaces(path, old, new) for path in thing.changes(old, new))


# With the engine.


PROGRAM = f"""
import pulumi_kubernetes as kubernetes
cluster = kubernetes.Provider('cluster', kubeconfig={json.dumps(NOWHERE)!r})
options = pulumi.ResourceOptions(provider=cluster)
kubernetes.core.v1.Secret('s', string_data={{'a': 'b'}}, opts=options)
"""


def test_a_cluster_out_of_reach_is_named_when_something_is_to_be_made(stack: Stack) -> None:
    stack.program(PROGRAM)
    assert "+ 3 to create" in stack.preview()
    words = stack.fails("up", "--yes", "--skip-preview")
    assert "configured Kubernetes cluster is unreachable" in words
    assert "dial tcp 127.0.0.1:1: connect: connection refused" in words


def test_a_chart_that_is_not_there_fails_the_preview(stack: Stack) -> None:
    stack.program(
        PROGRAM + "kubernetes.helm.v3.Release('r', chart='none', opts=options,\n"
        "    repository_opts={'repo': 'http://127.0.0.1:1/'})"
    )
    words = stack.fails("preview")
    assert 'looks like "http://127.0.0.1:1/" is not a valid chart repository' in words
    assert "check the chart name and repository configuration." in words


# Names and changes.


def test_only_another_cluster_replaces_the_provider() -> None:
    replaces = Kubernetes().replaces_provider
    here = {"kubeconfig": NOWHERE}
    there = {"kubeconfig": json.loads(json.dumps(NOWHERE).replace(":1", ":2"))}
    assert not replaces("enableSecretMutable", here, {**here, "enableSecretMutable": True})
    assert replaces("kubeconfig", here, there)
    assert replaces("kubeconfig", here, {"kubeconfig": UNKNOWN})
    named = {"clusterIdentifier": "a"}
    assert not replaces("kubeconfig", {**here, **named}, {**there, **named})
    assert replaces("clusterIdentifier", {**here, **named}, {**here, "clusterIdentifier": "b"})


def test_a_name_is_made_once_and_kept() -> None:
    secret = of("core/v1:Secret")
    first: dict[str, Any] = {"metadata": {"namespace": "n"}, "stringData": {"a": "b"}}
    secret.check(OP, first, {})
    assert first["metadata"]["name"].startswith("s-")
    assert first["data"] == {"a": "Yg=="}, "text is kept as the server keeps it"
    again: dict[str, Any] = {"metadata": {"namespace": "n"}}
    secret.check(OP, again, first)
    assert again["metadata"] == first["metadata"]
    assert not secret.delete_before_replace(first, again), "two of them may live side by side"
    named = {"metadata": {"namespace": "n", "name": "fixed"}}
    assert secret.delete_before_replace(named, named), "of a person's own name there is only one"


def test_server_side_apply_knows_no_generated_name() -> None:
    with pytest.raises(Failure, match="generateName"):
        of("core/v1:Secret").check(OP, {"metadata": {"generateName": "x-"}}, {})


@pytest.mark.parametrize(
    ("type", "old", "new", "made_anew"),
    [
        ("core/v1:Secret", {"data": {"a": "1"}}, {"data": {"a": "2"}}, True),
        ("core/v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, True),
        ("core/v1:Service", {"spec": {"ports": [1]}}, {"spec": {"ports": [2]}}, False),
        ("core/v1:Service", {"spec": {"clusterIP": "1"}}, {"spec": {"clusterIP": "2"}}, True),
        ("batch/v1:Job", {"spec": {"template": {"a": 1}}}, {"spec": {"template": {}}}, True),
        ("batch/v1:Job", {"spec": {"suspend": False}}, {"spec": {"suspend": True}}, False),
        ("apps/v1:Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, False),
        ("core/v1:Namespace", {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, True),
        ("core/v1:Namespace", {"metadata": {"labels": {}}}, {"metadata": {"labels": 1}}, False),
    ],
)
def test_some_changes_make_a_new_object(
    type: str, old: dict[str, Any], new: dict[str, Any], made_anew: bool
) -> None:
    assert replacing(of(type), old, new) is made_anew


def test_secrets_change_in_place_where_the_provider_lets_them() -> None:
    secret = of("core/v1:Secret", enableSecretMutable=True)
    assert not replacing(secret, {"data": {"a": "1"}}, {"data": {"a": "2"}})
    assert replacing(secret, {"type": "Opaque"}, {"type": "other"})
    fixed = {"data": {"a": "2"}, "immutable": True}
    assert replacing(secret, {"data": {"a": "1"}}, fixed)


def test_what_the_server_writes_otherwise_is_no_change() -> None:
    job = of("batch/v1:Job")
    live = {"limits": {"cpu": "500m", "memory": "1Gi"}, "image": "a", "added": 1}
    given = {"limits": {"cpu": "0.5", "memory": "1024Mi"}, "image": "a", "value": "", "list": []}
    before = job.before({"spec": given}, {"spec": live})
    assert not job.changes(before, {"spec": given})
    assert job.changes(before, {"spec": {**given, "image": "b"}})
    assert job.changes(before, {"spec": {**given, "limits": {"cpu": "1", "memory": "1Gi"}}})


def test_what_was_changed_by_hand_shows() -> None:
    config = of("core/v1:ConfigMap")
    before = config.before({"data": {"a": "1"}}, {"data": {"a": "9", "b": "2"}, "metadata": {}})
    assert before == {"data": {"a": "9"}}


def test_an_import_gives_what_a_program_would_have_given() -> None:
    live = {"metadata": {"name": "a", "uid": "u", "managedFields": []}, "status": 1, "spec": 2}
    assert without_server_fields(live) == {"metadata": {"name": "a"}, "spec": 2}


def test_unknown_text_stays_unknown() -> None:
    folded = fold_string_data({"kind": "Secret", "stringData": {"a": UNKNOWN}})
    assert folded["data"] == {"a": UNKNOWN}
    assert prune([{"a": 1, "b": 2}, {"c": 3}], [{"a": 0}]) == [{"a": 1}]


# Waiting.


class Pretend(Cluster):
    """A cluster that holds what a test puts into it."""

    def __init__(self, **objects: list[dict[str, Any]]) -> None:
        super().__init__({})
        self.objects = objects

    def list(
        self, api_version: str, kind: str, namespace: str, selector: str = ""
    ) -> list[dict[str, Any]]:
        return self.objects.get(kind, [])

    def get(self, thing: Mapping[str, Any]) -> dict[str, Any] | None:
        return next(iter(self.objects.get(thing["kind"], [])), None)


def pod(phase: str = "Failed", **state: Any) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}
    ready["message"] = "containers with unready status: [p]"
    status = {"name": "p", "ready": False, "state": state}
    owner = {"uid": "owner"}
    return {
        "metadata": {"name": "x", "namespace": "n", "ownerReferences": [owner]},
        "status": {"phase": phase, "conditions": [ready], "containerStatuses": [status]},
    }


def job(**status: Any) -> dict[str, Any]:
    metadata = {"name": "j", "namespace": "n", "uid": "owner"}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": status}


def test_a_failed_jobs_last_words_are_its_error() -> None:
    ended = pod(terminated={"reason": "Error", "exitCode": 1, "message": "wrong password"})
    failed = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
    failed["message"] = "Job has reached the specified backoff limit"
    look = Look(Pretend(Pod=[ended]), job(startTime="now", conditions=[failed]))
    verdict = rules.job(look)
    assert verdict.failed
    assert verdict.reasons == [
        "[Pod n/x]: containers with unready status: [p]",
        "[Pod n/x]: [Error] wrong password",
        "[BackoffLimitExceeded] Job has reached the specified backoff limit",
    ]


def test_a_jobs_progress_is_told() -> None:
    assert rules.job(Look(Pretend(), job())).status == 'Waiting for Job "n/j" to start'
    words = 'Waiting for Job "n/j" to succeed (Active: 1 | Succeeded: 0 | Failed: 0)'
    assert rules.job(Look(Pretend(), job(startTime="now", active=1))).status == words
    done = {"type": "Complete", "status": "True"}
    assert rules.job(Look(Pretend(), job(conditions=[done]))).done


def test_a_pods_troubles_are_told() -> None:
    waiting = pod(waiting={"reason": "ErrImagePull", "message": "not found"})
    assert pods.problems(waiting)[1] == "[Pod n/x]: [ErrImagePull] not found"
    assert len(pods.problems(pod(waiting={"reason": "ContainerCreating"}))) == 1
    ended = pod(terminated={"reason": "Completed", "exitCode": 0})
    assert pods.problems(ended)[1] == '[Pod n/x]: container "p" completed with exit code 0'
    assert pods.problems(pod("Succeeded")) == []


def deployment(revision: str, available: bool, ready: int) -> Look:
    name = {"name": "d", "namespace": "n", "uid": "owner", "generation": 1}
    marked = {"annotations": {"deployment.kubernetes.io/revision": revision}}
    condition = {"type": "Available", "status": str(available), "reason": "r", "message": "m"}
    live = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {**name, **marked},
        "status": {"observedGeneration": 1, "conditions": [condition]},
    }
    owned = {"ownerReferences": [{"uid": "owner"}], "uid": "set"}
    replicas = {
        "metadata": {"name": "d-1", **owned, **marked},
        "spec": {"replicas": 1},
        "status": {"readyReplicas": ready},
    }
    return Look(Pretend(ReplicaSet=[replicas]), live)


def test_a_deployment_needs_its_newest_pods() -> None:
    rule = rules.rule(deployment("1", True, 1).live)
    assert rule is not None
    assert rule(deployment("1", True, 1)).done
    lacking = rule(deployment("1", False, 0))
    assert "Minimum number of live Pods was not attained" in lacking.reasons
    assert lacking.status == "Waiting for app ReplicaSet to be available (0/1 Pods available)"
    assert not rule(deployment("2", True, 1)).done, "the roll-out is not over"


def test_a_service_needs_pods_and_an_address() -> None:
    live: dict[str, Any] = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    live["spec"] = {"type": "LoadBalancer"}
    rule = rules.rule(live)
    assert rule is not None
    assert rule(Look(Pretend(), live)).reasons == [
        "Service does not target any Pods. Selected Pods may not be ready, or field "
        "'.spec.selector' may not match labels on any Pods",
        "Service was not allocated an IP address; does your cloud provider support this?",
    ]
    endpoints = {"metadata": {"resourceVersion": "1"}, "subsets": [1]}
    live["status"] = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
    assert rule(Look(Pretend(Endpoints=[endpoints]), live, memory={"settled": True})).done
    assert not rule(Look(Pretend(Endpoints=[endpoints]), live)).done, "they may still change"


# Releases.


def test_a_charts_source_is_what_helm_is_told() -> None:
    here = {"chart": "coder", "version": "1.2.3", "repositoryOpts": {"repo": "http://h/c"}}
    assert charts.source(here) == ["coder", "--repo", "http://h/c", "--version", "1.2.3"]
    assert charts.source({"chart": "coder", "repositoryOpts": {"repo": "c"}}) == ["c/coder"]
    with pytest.raises(Failure, match="would show it"):
        charts.source({"chart": "coder", "repositoryOpts": {"repo": "http://h", "password": "x"}})


def test_the_programs_values_lie_over_those_of_files() -> None:
    text = pulumi.StringAsset("a: {b: 1, c: 2}")
    merged = charts.merged_values({"valueYamlFiles": [text], "values": {"a": {"b": 3}}})
    assert merged == {"a": {"b": 3, "c": 2}}


def test_a_releases_objects_are_listed_by_kind() -> None:
    manifest = (
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\n"
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
    )
    chart = {"metadata": {"name": "c", "version": "1.0.0", "appVersion": "9"}}
    release = {"name": "r", "namespace": "n", "version": 2, "info": {"status": "deployed"}}
    found = charts.attributes({**release, "chart": chart, "manifest": manifest}, {})
    assert found["resourceNames"] == {"Deployment.apps/apps/v1": ["n/d"], "Secret/v1": ["s"]}
    assert found["status"]["revision"] == 2


def test_helms_own_error_is_what_is_left_of_its_output() -> None:
    output = "WARNING: something\nError: UPGRADE FAILED: another operation is in progress\n"
    assert helm.message(output) == "another operation is in progress"


# Kubeconfigs.


def test_a_kubeconfig_is_a_path_or_its_content(tmp_path: Path) -> None:
    import yaml

    file = tmp_path / "config"
    file.write_text(yaml.safe_dump(NOWHERE))
    for given in (str(file), file.read_text(), json.dumps(NOWHERE), NOWHERE):
        assert kubeconfig.kubeconfig({"kubeconfig": given}) == NOWHERE
    other = tmp_path / "other"
    other.write_text("clusters: [{name: d, cluster: {certificate-authority: ca.crt}}]")
    merged = kubeconfig.kubeconfig({"kubeconfig": f"{file}:{other}:{tmp_path}/none"})
    assert [entry["name"] for entry in merged["clusters"]] == ["c", "d"]
    assert merged["clusters"][1]["cluster"]["certificate-authority"] == f"{tmp_path}/ca.crt"


def test_a_missing_kubeconfig_or_context_is_named(tmp_path: Path) -> None:
    for settings, words in (
        ({"kubeconfig": f"{tmp_path}/none"}, f"stat {tmp_path}/none: no such file or directory"),
        ({"kubeconfig": NOWHERE, "context": "x"}, 'context "x" does not exist'),
    ):
        cluster = Cluster(settings)
        cluster.connect()
        assert words in cluster.unreachable
