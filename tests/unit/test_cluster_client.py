"""Reads of the cluster: the provider's kubeconfig, no data of Secrets, one line for a failure."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.kubernetes.client import Cluster, ClusterError, Forbidden, termination_message
from tests.unit.cluster import API, PretendCluster, pointing_to


@pytest.fixture
def pretended(kubeconfig: Path) -> Iterator[PretendCluster]:
    cluster = PretendCluster()
    with cluster.serving(kubeconfig):
        yield cluster


def refused(kubeconfig: Path, text: Any) -> str:
    kubeconfig.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
    with pytest.raises(ClusterError) as error:
        Cluster("").namespace("coder")
    (line,) = str(error.value).splitlines()
    return line


def test_an_object_is_found_or_not(pretended: PretendCluster) -> None:
    pretended.add("coder")
    pretended.add("coder", "serviceaccounts", "coder")
    cluster = Cluster("here")
    found = cluster.namespace("coder")
    assert found
    assert found["metadata"]["name"] == "coder"
    assert cluster.namespace("other") is None
    assert cluster.service_account("coder", "coder")
    assert cluster.secret("coder", "coder-database") is None
    assert set(pretended.tokens) == {"Bearer t0ken"}


def test_a_gateway_is_found_in_the_api_group_of_gateways(pretended: PretendCluster) -> None:
    api = "/apis/gateway.networking.k8s.io/v1/namespaces"
    pretended.add("shared", "gateways", "public", api=api)
    found = Cluster("").gateway("shared", "public")
    assert found
    assert found["metadata"]["name"] == "public"
    assert Cluster("").gateway("coder", "public") is None


def test_the_data_of_secrets_is_not_asked_for(pretended: PretendCluster) -> None:
    pretended.add("coder", "secrets", "coder-database")
    pretended.add_release("coder", "coder", "deployed")
    assert Cluster("").secret("coder", "coder-database")
    assert Cluster("").release_revisions("coder", "coder")
    assert [accept.split(";")[1] for accept in pretended.accepted] == [
        "as=PartialObjectMetadata",
        "as=PartialObjectMetadataList",
    ]


def test_the_revisions_of_a_release_are_in_their_order(pretended: PretendCluster) -> None:
    pretended.add_release("coder", "coder", *["superseded"] * 9, "deployed", "pending-upgrade")
    pretended.add_release("coder", "another", "deployed")
    found = Cluster("").release_revisions("coder", "coder")
    assert [each["metadata"]["labels"]["version"] for each in found] == [
        str(version) for version in range(1, 12)
    ]


def test_the_pods_of_a_job_say_why_they_ended(pretended: PretendCluster) -> None:
    labels = {"batch.kubernetes.io/job-name": "preflight"}
    ended = {"containerStatuses": [{"state": {"terminated": {"message": "error: too slow\n"}}}]}
    pretended.add("coder", "pods", "preflight-1", metadata={"labels": labels}, status=ended)
    pretended.add("coder", "pods", "other-1", metadata={"labels": {}}, status=ended)
    (pod,) = Cluster("").job_pods("coder", "preflight")
    assert termination_message(pod) == "error: too slow"
    assert termination_message({"status": {}}) == ""


def test_a_job_is_ended_by_its_deadline_unless_it_is_another_one(
    pretended: PretendCluster,
) -> None:
    path = "/apis/batch/v1/namespaces/coder/jobs/preflight"
    pretended.add("coder", "jobs", "preflight", api="/apis/batch/v1/namespaces")
    job = {"metadata": {"namespace": "coder", "name": "preflight", "uid": "1-2"}}
    Cluster("").end_job(job)
    # The API server refuses a uid that is not the object's.
    change = {"metadata": {"uid": "1-2"}, "spec": {"activeDeadlineSeconds": 1}}
    assert pretended.patched == [(path, "application/merge-patch+json", change)]
    pretended.status[path] = 409
    with pytest.raises(ClusterError, match="the cluster answers: no /apis/batch"):
        Cluster("").end_job(job)
    pretended.status[path] = 403
    with pytest.raises(Forbidden, match="the cluster refuses the change: no /apis/batch"):
        Cluster("").end_job(job)


def test_a_look_up_that_is_forbidden_is_an_error_of_its_own(pretended: PretendCluster) -> None:
    pretended.status[f"{API}/coder"] = 403
    with pytest.raises(Forbidden) as error:
        Cluster("").namespace("coder")
    assert str(error.value) == f"the cluster refuses to show it: no {API}/coder for you"


def test_credentials_that_have_expired_are_one_line(pretended: PretendCluster) -> None:
    pretended.status[f"{API}/coder"] = 401
    with pytest.raises(ClusterError, match=r"refuses the credentials of the kubeconfig .* log in"):
        Cluster("").namespace("coder")


def test_a_cluster_that_cannot_be_reached_is_one_line_and_not_asked_again(
    kubeconfig: Path,
) -> None:
    kubeconfig.write_text(yaml.safe_dump(pointing_to("https://127.0.0.1:1")))
    cluster = Cluster("")
    for _ in range(2):
        with pytest.raises(ClusterError) as error:
            cluster.namespace("coder")
        assert str(error.value) == (
            "the cluster at https://127.0.0.1:1 can't be reached: Connection refused"
        )
    kubeconfig.unlink()
    with pytest.raises(ClusterError, match="Connection refused"):
        cluster.namespace("coder")


def test_a_kubeconfig_that_cannot_be_used_is_one_line(kubeconfig: Path) -> None:
    assert "is not valid YAML" in refused(kubeconfig, "a: [")
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin"}
    assert "no-such-plugin" in refused(kubeconfig, pointing_to("http://127.0.0.1:1", exec=plugin))
    plugin |= {"command": "sh", "args": ["-c", "echo 'Token has expired' >&2; exit 1"]}
    said = refused(kubeconfig, pointing_to("http://127.0.0.1:1", exec=plugin))
    assert said.startswith("kubeContext: the kubeconfig can't be used: exec: process returned 1")
    assert "Token has expired" in said


def test_credentials_of_a_plugin_are_used(pretended: PretendCluster, kubeconfig: Path) -> None:
    server = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    version = "client.authentication.k8s.io/v1"
    answer = f'{{"apiVersion": "{version}", "kind": "ExecCredential", "status": {{"token": "x"}}}}'
    plugin = {"apiVersion": version, "command": "echo", "args": [answer]}
    kubeconfig.write_text(yaml.safe_dump(pointing_to(server, exec=plugin)))
    assert Cluster("").namespace("coder") is None
    assert pretended.tokens == ["Bearer x"]


def test_several_files_are_one_kubeconfig(
    pretended: PretendCluster, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = yaml.safe_load(kubeconfig.read_text())
    first, second = kubeconfig.with_name("first"), kubeconfig.with_name("second")
    sections = ("current-context", "contexts")
    first.write_text(yaml.safe_dump({key: whole[key] for key in sections}))
    rest = {key: value for key, value in whole.items() if key not in sections}
    second.write_text(yaml.safe_dump(rest | {"current-context": "another"}))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")
    assert Cluster("").namespace("coder") is None
    assert pretended.asked == [f"{API}/coder"], "kubectl takes the first file's current context"


def test_the_client_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys\n"
        "from components.kubernetes.client import Cluster\n"
        "Cluster('')\n"
        "assert 'kubernetes' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
