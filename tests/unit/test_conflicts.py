"""What the cluster has already, and is not this stack's, is refused before anything is made."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import recorded
from components.imports import import_command
from tests.unit.cluster import API, PretendCluster
from tests.unit.pretend import Engine, Resource, deploy, refused
from tests.unit.stacks import Stack, given, made

STATE = "urn:pulumi:dev::coder"


@pytest.fixture
def pretended(kubeconfig: Path) -> Iterator[PretendCluster]:
    cluster = PretendCluster()
    with cluster.serving(kubeconfig):
        yield cluster


def creation(engine: Engine, resource: Resource, *in_state: str) -> str:
    """What the hooks refuse before the engine creates a resource; empty if nothing.

    `in_state` has the URNs of what the state records.
    """
    urn = f"{STATE}::{resource.urn.split('::', 2)[2]}"
    call = pulumi.ResourceHookArgs(urn, "", resource.name, resource.type, resource.plain)
    lines: list[str] = []
    for name in resource.hooks.get("before_create", []):
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    recorded, "resources", lambda stack: in_state if stack == "coder/dev" else ()
                )
                engine.hooks[name].callback(call)
        except pulumi.RunError as error:
            lines.append(str(error))
    return "\n".join(lines)


def test_what_is_replaced_is_no_conflict(pretended: PretendCluster) -> None:
    pretended.add("coder")
    engine = deploy(cluster_stack())
    namespace = engine.named("coder-namespace")
    assert creation(engine, namespace)
    assert not creation(engine, namespace, f"{STATE}::{namespace.urn.split('::', 2)[2]}")


def refusals(engine: Engine) -> dict[str, str]:
    """What is refused when all resources are new, by the resource's name."""
    said = {resource.name: creation(engine, resource) for resource in engine.asked}
    return {name: lines for name, lines in said.items() if lines}


def cluster_stack(**changes: Any) -> Stack:
    return made(cluster={}) | changes


def import_words(lines: str) -> list[str]:
    (line,) = [line for line in lines.splitlines() if "pulumi import" in line]
    return shlex.split(line.partition("take it over: ")[2])


def test_nothing_of_that_name_costs_one_look_up_for_each_namespace(
    pretended: PretendCluster,
) -> None:
    assert not refusals(deploy(cluster_stack()))
    assert sorted(pretended.asked) == [f"{API}/coder", f"{API}/coder-database"]


def test_everything_that_has_a_name_of_ours_is_named(pretended: PretendCluster) -> None:
    pretended.add("coder")
    pretended.add("coder-database")
    pretended.add("coder", "secrets", "coder-db-blue")
    pretended.add("coder", "secrets", "coder-db-green")
    pretended.add("coder", "configmaps", "coder-findings")
    pretended.add_release("coder", "coder", "superseded", "deployed")
    said = refusals(deploy(cluster_stack()))
    first = {name: lines.splitlines()[0] for name, lines in said.items()}
    assert first == {
        name: f"{what} exists already and is not in the state of this stack. Choose:"
        for name, what in {
            "coder-namespace": "Namespace coder",
            "postgres-database-namespace": "Namespace coder-database",
            "coder-db-blue": "Secret coder/coder-db-blue",
            "coder-db-green": "Secret coder/coder-db-green",
            "coder-findings": "ConfigMap coder/coder-findings",
            "coder-release": "Helm release coder/coder",
        }.items()
    }
    for lines in said.values():
        assert "`pulumi config set namespace …`" in lines
        assert "`python -m recovery --stack dev`" in lines
    assert "`pulumi config set createNamespace false`" in said["coder-namespace"]
    assert import_words(said["coder-release"]) == [
        *("pulumi", "import", "kubernetes:helm.sh/v3:Release", "coder-release", "coder/coder"),
        *("--parent", f"coder={STATE}::coder:coder:Coder::coder"),
        *("--provider", f"cluster={STATE}::pulumi:providers:kubernetes::cluster"),
        "--generate-code=false",
    ]


def test_an_import_names_the_parent_of_a_parent() -> None:
    call = pulumi.ResourceHookArgs(
        f"{STATE}::coder:existing:Postgres$coder:postgres:Database$kubernetes:core/v1:Namespace::n",
        "",
        "n",
        "kubernetes:core/v1:Namespace",
    )
    assert shlex.split(import_command(call, "coder-database", "postgres-database"))[5:7] == [
        "--parent",
        f"postgres-database={STATE}::coder:existing:Postgres$coder:postgres:Database"
        "::postgres-database",
    ]


def test_a_secret_of_a_given_login_is_named_too(pretended: PretendCluster) -> None:
    pretended.add("coder")
    pretended.add("coder", "secrets", "coder-db")
    said = refusals(deploy(given(cluster={}, createNamespace=False)))
    assert list(said) == ["coder-db"]


def test_a_namespace_that_is_being_deleted_is_waited_for(pretended: PretendCluster) -> None:
    for name in ("coder", "coder-database"):
        pretended.add(name, metadata={"deletionTimestamp": "2026-01-02T03:04:05Z"})
    pretended.add("coder", "secrets", "coder-db-blue")
    said = refusals(deploy(cluster_stack()))
    assert said["coder-namespace"] == said["coder-db-blue"]
    assert said["postgres-database-namespace"] == (
        "Namespace coder-database is being deleted; wait for its end: "
        "`kubectl wait --for=delete namespace/coder-database --timeout=10m`"
    )


@pytest.mark.parametrize(
    ("statuses", "cure"),
    [
        (["pending-install"], "`helm uninstall coder --namespace coder --wait`"),
        (["failed"], "`helm uninstall coder --namespace coder --wait`"),
        (["deployed", "uninstalling"], "`helm uninstall coder --namespace coder --wait`"),
        (
            ["deployed", "pending-upgrade"],
            "`helm rollback coder --namespace coder`, then run `pulumi up` soon",
        ),
    ],
)
def test_a_release_that_was_left_halfway_is_told_how_to_mend(
    pretended: PretendCluster, statuses: list[str], cure: str
) -> None:
    pretended.add("coder")
    pretended.add_release("coder", "coder", *statuses)
    said = refusals(deploy(cluster_stack(createNamespace=False)))["coder-release"]
    assert f"left {statuses[-1]}" in said
    assert cure in said
    assert "`python -m recovery --stack dev`" in said


@pytest.mark.parametrize(
    ("annotations", "owner"),
    [
        ({"meta.helm.sh/release-name": "other"}, "Helm release other"),
        ({}, "no Helm release"),
        ({"meta.helm.sh/release-name": "coder"}, ""),
    ],
)
def test_the_service_account_of_another_release_is_named(
    pretended: PretendCluster, annotations: dict[str, str], owner: str
) -> None:
    pretended.add("coder")
    pretended.add("coder", "serviceaccounts", "coder", metadata={"annotations": annotations})
    said = refusals(deploy(cluster_stack(createNamespace=False))).get("coder-release", "")
    assert bool(said) == bool(owner)
    if owner:
        assert f"ServiceAccount coder/coder exists already and belongs to {owner}" in said


def test_another_service_account_of_the_chart_is_looked_for(pretended: PretendCluster) -> None:
    pretended.add("coder")
    pretended.add("coder", "serviceaccounts", "coder")
    values = {"coder": {"serviceAccount": {"name": "mine"}}}
    stack = cluster_stack(createNamespace=False, chartVersion="2.34.10", chartValues=values)
    assert not refusals(deploy(stack))


def test_a_look_up_that_is_forbidden_is_a_warning(pretended: PretendCluster) -> None:
    pretended.status[f"{API}/coder"] = 403
    engine = deploy(cluster_stack())
    resource = engine.named("coder-namespace")
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi, "warn", said.append)
        assert not creation(engine, resource)
    assert said == [
        "Whether coder-namespace exists already is not known: the cluster refuses to show it: no "
        f"{API}/coder for you"
    ]


def test_a_cluster_that_does_not_answer_is_one_line(kubeconfig: Path) -> None:
    with PretendCluster().serving(kubeconfig):
        pass
    said = creation(engine := deploy(cluster_stack()), engine.named("coder-namespace"))
    assert said.startswith("the cluster at http://127.0.0.1:")
    assert said.endswith(" can't be reached: Connection refused")


@pytest.mark.parametrize("namespace", ["kube-system", "kube-public", "kube-node-lease"])
def test_the_namespaces_of_kubernetes_are_refused(namespace: str) -> None:
    assert refused(made(namespace=namespace)) == [
        f'namespace: is "{namespace}", which belongs to Kubernetes; choose another one: `pulumi '
        "config set namespace coder`"
    ]


def test_the_default_namespace_is_warned_of() -> None:
    engine = deploy(made(namespace="default", createNamespace=False))
    assert any("namespace: is default, which Coder and its workspaces share" in said
               for said in engine.said)  # fmt: skip
    assert not any("is default" in said for said in deploy(made()).said)
