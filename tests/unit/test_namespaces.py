"""Both Namespaces are created, labelled or expected, and what they demand is known at preview."""

from typing import Any

import pytest

from components.kubernetes.client import ClusterError, Forbidden
from tests.unit.pretend import JOB, NAMESPACE, Engine, deploy, deployed, refused
from tests.unit.stacks import given, made

DATABASE = "urn:pulumi:dev::coder::coder:existing:Postgres$coder:postgres:Database"
UID_RANGE = {"openshift.io/sa.scc.uid-range": "1000650000/10000"}


def cluster(
    *missing: str,
    state: dict[str, dict[str, Any]] | None = None,
    annotated: str = "",
) -> Engine:
    """A cluster without what is `missing`, with a range of UIDs in the Namespace `annotated`."""
    engine = Engine()
    engine.missing = set(missing)
    engine.state = state or {}
    engine.namespace_metadata = {annotated: {"annotations": UID_RANGE}}
    return engine


def namespaces(engine: Engine) -> dict[str, Any]:
    return {
        each.plain["metadata"]["name"]: each.plain["metadata"] for each in engine.all(NAMESPACE)
    }


def test_neither_namespace_is_created_where_they_are_there() -> None:
    engine = deployed(made(createNamespace=False))
    assert not engine.all(NAMESPACE)
    assert {job.plain["metadata"]["namespace"] for job in engine.all(JOB)} == {
        "coder",
        "coder-database",
    }
    credentials = engine.named("postgres-database-credentials").plain
    assert credentials["metadata"]["namespace"] == "coder-database"


def test_every_missing_namespace_is_named_with_the_command() -> None:
    lines = [
        f"namespace: {name} does not exist in the cluster, and createNamespace is false; create it "
        f"(`kubectl create namespace {name}`), or let the program: `pulumi config set "
        "createNamespace true`"
        for name in ("coder", "coder-database")
    ]
    missing = ("coder", "coder-database")
    stack = made(createNamespace=False)
    assert refused(stack, engine=cluster(*missing)) == lines
    assert refused(stack, engine=cluster("coder-database")) == lines[1:]
    assert refused(given(createNamespace=False), engine=cluster(*missing)) == lines[:1]
    deploy(given(createNamespace=False), engine=cluster("coder-database"))
    deploy(made(), engine=cluster(*missing))


def test_the_namespace_that_a_stack_has_made_stays_in_it() -> None:
    # Stacks that were made when createNamespace was about Coder's Namespace alone have it.
    urn = f"{DATABASE}$kubernetes:core/v1:Namespace::postgres-database-namespace"
    engine = cluster("coder-database", state={urn: {}})
    deploy(made(createNamespace=False), engine=engine)
    assert set(namespaces(engine)) == {"coder-database"}


def test_both_namespaces_carry_the_labels() -> None:
    labels = {"cost-center": "42", "example.com/team": "x"}
    engine = deployed(made(namespaceLabels=labels))
    assert namespaces(engine) == {
        name: {"name": name, "labels": labels} for name in ("coder", "coder-database")
    }
    assert namespaces(deployed(made())) == {
        name: {"name": name} for name in ("coder", "coder-database")
    }


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ({"team": 5}, "namespaceLabels.team: is 5, must be a string; type `pulumi config set "
         "--path 'namespaceLabels.team' --type string 5`"),
        ({"team": "a b"}, 'namespaceLabels["team"]: is "a b", must be at most 63 of A-Z, a-z, '
         "0-9, -, _ and ., and begin and end with a letter or digit"),
        ({"pod-security.kubernetes.io/enforce": "strict"},
         'namespaceLabels["pod-security.kubernetes.io/enforce"]: is "strict", must be one of: '
         "privileged, baseline, restricted"),
    ],
)  # fmt: skip
def test_wrong_labels_are_one_line(labels: dict[str, Any], line: str) -> None:
    assert refused(made(namespaceLabels=labels)) == [line]


def test_labels_need_a_namespace_that_is_created() -> None:
    assert refused(made(namespaceLabels={"a": "b"}, createNamespace=False)) == [
        "namespaceLabels: is set, and createNamespace is false, so that the program would not set "
        "them; remove it, and type `kubectl label namespace coder coder-database …`"
    ]


def test_what_the_jobs_need_in_a_namespace_is_missed() -> None:
    stack = made(jobs={"imagePullSecrets": ["a", "b"], "serviceAccount": "checks"})
    missing = ("coder/b", "coder-database/checks")
    lines = [
        "jobs.imagePullSecrets[1]: Secret coder/b does not exist; create it: `kubectl create "
        "secret docker-registry b --namespace coder …`",
        "jobs.serviceAccount: ServiceAccount coder-database/checks does not exist; create it: "
        "`kubectl create serviceaccount checks --namespace coder-database`",
    ]
    assert refused(stack, engine=cluster(*missing)) == lines


def test_what_the_jobs_need_cannot_be_in_a_namespace_that_is_yet_to_be_created() -> None:
    stack = made(jobs={"imagePullSecrets": ["a"], "serviceAccount": "checks"})
    away = ("coder", "coder-database")
    lines = [
        line
        for name in away
        for line in (
            f"jobs.imagePullSecrets[0]: Secret {name}/a can't exist, as Namespace {name} does not "
            f"yet; create both: `kubectl create namespace {name}`, `kubectl create secret "
            f"docker-registry a --namespace {name} …`",
            f"jobs.serviceAccount: ServiceAccount {name}/checks can't exist, as Namespace {name} "
            f"does not yet; create both: `kubectl create namespace {name}`, `kubectl create "
            f"serviceaccount checks --namespace {name}`",
        )
    ]
    cure = ", and type `pulumi config set createNamespace false`"
    assert refused(stack, engine=cluster(*away)) == [f"{line}{cure}" for line in lines]
    urn = "urn:pulumi:dev::coder::coder:index:Coder$kubernetes:core/v1:Namespace::coder-namespace"
    # Without one that the state records, Pulumi would delete the one that replaces it.
    assert refused(stack, engine=cluster(*away, state={urn: {}})) == lines
    deploy(made(jobs={"serviceAccount": "default"}), engine=cluster(*away))


def users(engine: Engine) -> list[Any]:
    contexts = [job.plain["spec"]["template"]["spec"]["securityContext"] for job in engine.all(JOB)]
    assert len(contexts) == 3
    keys = ("runAsUser", "runAsGroup", "fsGroup")
    return [[context.get(key) for key in keys] for context in contexts]


@pytest.mark.parametrize("name", ["coder", "coder-database"])
def test_a_namespace_with_a_range_of_uids_chooses_the_user(name: str) -> None:
    engine = deploy(made(), engine=cluster(annotated=name))
    assert users(engine) == [[None] * 3] * 3
    for job in engine.all(JOB):
        pod = job.plain["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True


def test_a_namespace_that_is_yet_to_be_created_is_judged_by_kube_system() -> None:
    both = ("coder", "coder-database")
    engine = deploy(made(), engine=cluster(*both, annotated="kube-system"))
    assert users(engine) == [[None] * 3] * 3
    assert users(deploy(made(), engine=cluster(*both))) == [[70] * 3] * 3
    # A Namespace without a range tells more than kube-system.
    engine = deploy(made(), engine=cluster(annotated="kube-system"))
    assert users(engine) == [[70] * 3] * 3


def test_a_namespace_that_may_not_be_read_is_said() -> None:
    class Private(Engine):
        def namespace(self, name: str) -> dict[str, Any] | None:
            raise Forbidden("the cluster refuses to show it: no")

    engine = deploy(made(createNamespace=False), engine=Private())
    assert users(engine) == [[70] * 3] * 3
    for name in ("coder", "coder-database"):
        line = f"Which rules Namespace {name} has is not known: the cluster refuses to show it: no"
        assert line in engine.said


def test_a_cluster_that_does_not_answer_is_left_to_the_hooks() -> None:
    class Away(Engine):
        def namespace(self, name: str) -> dict[str, Any] | None:
            raise ClusterError("the cluster can't be reached")

    assert users(deploy(made(createNamespace=False), engine=Away())) == [[70] * 3] * 3


def passwords(**generations: int) -> dict[str, dict[str, Any]]:
    """The passwords in a state, by the colours of their logins."""
    return {
        f"{DATABASE}$random:index/randomPassword:RandomPassword::postgres-database-{colour}": {
            "keepers": {"generation": str(generation)}
        }
        for colour, generation in generations.items()
    }


@pytest.mark.parametrize(
    ("state", "now"),
    [
        ({}, 7),
        (passwords(blue=1, green=0), 1),
        (passwords(blue=1, green=0), 2),
        (passwords(blue=1, green=2), 3),
        (passwords(blue=7, green=6), 8),
        ({next(iter(passwords(blue=1))): {"keepers": None}}, 5),  # imported
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_the_same_generation_and_the_next_are_accepted(
    state: dict[str, dict[str, Any]], now: int, create: bool
) -> None:
    stack = made(passwordGeneration=now, createNamespace=create)
    deploy(stack, engine=cluster(state=state))


@pytest.mark.parametrize(
    ("state", "now", "line"),
    [
        (passwords(blue=1, green=0), 3,
         "passwordGeneration: is 3 and was 1, must be 1 or 2: only the idle login's password may "
         "change; type `pulumi config set passwordGeneration 2`"),
        (passwords(blue=3, green=2), 2,
         "passwordGeneration: is 2 and was 3, must be 3 or 4: only the idle login's password may "
         "change; type `pulumi config set passwordGeneration 4`"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("create", [True, False])
def test_any_other_generation_is_refused(
    state: dict[str, dict[str, Any]], now: int, line: str, create: bool
) -> None:
    stack = made(passwordGeneration=now, createNamespace=create)
    assert refused(stack, engine=cluster(state=state)) == [line]


def test_the_state_is_read_where_the_program_makes_the_passwords() -> None:
    [blue] = [each for each in deployed(made()).asked if each.name == "postgres-database-blue"]
    assert blue.urn.split("::", 2)[2] in next(iter(passwords(blue=1)))
    assert blue.plain["keepers"] == {"generation": "1"}


def test_the_cluster_is_asked_for_each_namespace_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    engine = Engine()
    monkeypatch.setattr(engine, "namespace", lambda name: asked.append(name) or {"metadata": {}})
    deploy(made(), engine=engine)
    assert asked == ["coder", "coder-database"]
