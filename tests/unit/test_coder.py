"""Coder is released after the preflight of its database, and followed by the after-check."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pulumi
import pytest

from components.coder import rollout_reader, rollout_wait
from components.kubernetes.client import ClusterError
from tests.unit.pretend import (
    CREATED,
    SECRET,
    Engine,
    Resource,
    deploy,
    deployed,
    rolled_out,
    unwrapped,
)
from tests.unit.stacks import HOST, MADE, PASSWORD, Stack, given, made

LABEL = "coder-db-blue"


def template(stack: Stack, job: str = "coder-preflight") -> Any:
    return deployed(stack).named(job).plain["spec"]["template"]


def test_roles_then_preflight_then_release_then_aftercheck() -> None:
    engine = deployed(made())
    assert_depends(engine, "coder-preflight", "postgres-database-roles")
    assert_depends(engine, "coder-preflight", "coder-db-blue")
    assert_depends(engine, "coder-release", "coder-preflight")
    assert_depends(engine, "coder-aftercheck", "coder-release")


def test_preflight_then_release_then_aftercheck_with_a_given_login() -> None:
    engine = deployed(given())
    assert_depends(engine, "coder-preflight", "coder-db")
    assert_depends(engine, "coder-release", "coder-preflight")
    assert_depends(engine, "coder-aftercheck", "coder-release")


def test_namespaced_resources_depend_on_the_namespace() -> None:
    engine = deployed(made())
    for name in ("coder-db-blue", "coder-db-green", "coder-preflight", "coder-release"):
        assert_depends(engine, name, "coder-namespace")


REASONS: dict[str, Stack] = {
    "host": made(existing=MADE | {"host": "other.example.com"}),
    "port": made(existing=MADE | {"port": 5433}),
    "database": made(existing=MADE | {"database": "other"}),
    "ssl mode": made(existing=MADE | {"sslMode": "require"}),
    "colour": made(passwordGeneration=2),
    "generation": made(passwordGeneration=3),
    "chart version": made(chartVersion="1.44.2"),
    "flavour": made(chartVersion="2.38.8"),
    "replicas": made(replicas=2),
    "limit": made(latencyLimitMs=20),
}


@pytest.mark.parametrize("reason", REASONS)
def test_the_preflight_runs_again_when_what_it_checked_changes(reason: str) -> None:
    assert template(REASONS[reason]) != template(made())


def test_the_preflight_runs_again_for_a_new_ca(
    ca_file: str, tmp_path: Any, cluster_ca: str
) -> None:
    other = tmp_path / "other.pem"
    other.write_text(cluster_ca)
    first = template(made(caCertificate=ca_file))
    assert first != template(made())
    assert first != template(made(caCertificate=str(other)))
    assert first == template(made(caCertificate=ca_file))


def test_the_admin_password_does_not_change_the_preflight() -> None:
    other = made(existing=MADE | {"adminPassword": "another"})
    assert template(other) == template(made())


def test_another_given_password_changes_the_preflight_and_the_rollout_marker() -> None:
    other = given(existing={"host": HOST, "username": "bob", "password": "another"})
    assert template(other) != template(given())
    markers = [deployed(stack).named("coder-record").plain["data"] for stack in (other, given())]
    assert markers[0] != markers[1]


def test_another_version_of_the_secret_changes_nothing() -> None:
    # Annotating the Secret must not run the Jobs or restart Coder.
    class Annotated(Engine):
        def new_resource(self, args: Any) -> Any:
            name, outputs = super().new_resource(args)
            if args.typ == SECRET:
                outputs["metadata"] |= {"resourceVersion": "2"}
            return name, outputs

    annotated = deploy(given(), engine=Annotated())
    for name in ("coder-preflight", "coder-record", "coder-release", "coder-aftercheck"):
        assert annotated.named(name).plain == deployed(given()).named(name).plain


def test_protection_and_size_do_not_change_the_preflight() -> None:
    assert template(made(protect=False, storageGb=100, size="large")) == template(made())


@pytest.mark.parametrize(
    ("mode", "with_ca", "roots"),
    [
        ("require", False, ""),
        ("require", True, ""),
        ("verify-ca", True, "/login/ca.crt"),
        ("verify-full", False, "system"),
        ("verify-full", True, "/login/ca.crt"),
    ],
)
def test_the_jobs_use_the_same_tls_as_coder(
    mode: str, with_ca: bool, roots: str, ca_file: str
) -> None:
    stack = made(existing=MADE | {"sslMode": mode}, caCertificate=ca_file if with_ca else "")
    for job in ("postgres-database-roles", "coder-preflight", "coder-aftercheck"):
        env = environment(deployed(stack), job)
        assert env["PGSSLMODE"] == mode
        assert env["PGSSLROOTCERT"] == roots


def test_the_environment_of_the_preflight_has_the_requirements() -> None:
    stack = made(chartVersion="2.38.8", replicas=4, latencyGate="warn", latencyLimitMs=20)
    env = environment(deployed(stack), "coder-preflight")
    requirements = {key: env[key] for key in (
        "PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "CHART_VERSION", "MINIMUM_VERSION", "REPLICAS",
        "CONNECTIONS", "RESERVE", "LATENCY_GATE", "LATENCY_LIMIT_MS",
    )}  # fmt: skip
    assert requirements == {
        "PGHOST": HOST,
        "PGPORT": "5432",
        "PGDATABASE": "coder",
        "PGUSER": "coder_blue",
        "CHART_VERSION": "2.38.8",
        "MINIMUM_VERSION": "13",
        "REPLICAS": "4",
        "CONNECTIONS": "60",
        "RESERVE": "10",
        "LATENCY_GATE": "warn",
        "LATENCY_LIMIT_MS": "20",
    }
    assert int(env["SECONDS_OF_LOAD"]) >= 15


def test_jobs_in_coders_namespace_mount_the_secret_of_the_login() -> None:
    for job in ("coder-preflight", "coder-aftercheck"):
        [login, _] = template(made(), job)["spec"]["volumes"]
        assert login == {"name": "login", "secret": {"secretName": LABEL, "defaultMode": 0o440}}


def test_the_aftercheck_requires_sessions_newer_than_the_rollout_marker() -> None:
    engine = deployed(made())
    env = environment(engine, "coder-aftercheck")
    assert env["SINCE"] == CREATED
    assert env["PGUSER"] == "coder_blue"
    assert_depends(engine, "coder-record", "coder-preflight")
    assert_depends(engine, "coder-release", "coder-record")


MARKED = ["host", "port", "database", "ssl mode", "colour", "chart version", "flavour"]


@pytest.mark.parametrize("reason", MARKED)
def test_the_rollout_marker_is_replaced_when_its_data_changes(reason: str) -> None:
    marker = deployed(made()).named("coder-record").plain
    assert "name" not in marker["metadata"], "a replacement needs a new name"
    assert deployed(REASONS[reason]).named("coder-record").plain["data"] != marker["data"]


def test_the_rollout_marker_is_replaced_for_a_new_ca(ca_file: str) -> None:
    with_ca = deployed(made(caCertificate=ca_file)).named("coder-record").plain["data"]
    assert with_ca != deployed(made()).named("coder-record").plain["data"]


def test_the_rollout_marker_stays_when_only_the_preflight_changes() -> None:
    # A new marker restarts the pods, which these changes must not do.
    marker = deployed(made()).named("coder-record").plain
    for stack in (REASONS["limit"], made(toolsImage="postgres:17"), made(protect=False)):
        assert deployed(stack).named("coder-record").plain == marker


@pytest.mark.parametrize("protect", [True, False])
def test_a_release_without_its_preflight_is_refused(protect: bool) -> None:
    # With --target, the engine answers for the marker with what the state has.
    old = deployed(made(chartVersion="1.44.2")).named("coder-record").plain["data"]
    engine = deploy(made(protect=protect), engine=Marked(old))
    with pytest.raises(pulumi.RunError) as error:
        update_release(engine)
    assert str(error.value) == (
        "this update would change chart from classic 1.44.2 to classic 1.44.3, without the "
        "preflight and the after-check of Coder's database; run `pulumi up` without --target and "
        "--exclude"
    )


def test_a_release_with_another_database_and_the_old_preflight_is_refused() -> None:
    old = deployed(REASONS["host"]).named("coder-record").plain["data"]
    with pytest.raises(pulumi.RunError, match=f"host from other.example.com to {HOST}"):
        update_release(deploy(made(), engine=Marked(old)))


def test_a_release_with_the_marker_of_its_settings_is_updated() -> None:
    update_release(deployed(made()))
    update_release(deployed(given(chartVersion="2.38.8")))


class Marked(Engine):
    """Leaves the marker out of the update."""

    def __init__(self, data: dict[str, str]) -> None:
        super().__init__()
        self.data = data

    def new_resource(self, args: Any) -> Any:
        name, outputs = super().new_resource(args)
        return name, outputs | ({"data": self.data} if args.name == "coder-record" else {})


def update_release(engine: Engine) -> None:
    inputs = engine.named("coder-release").plain

    async def run() -> None:
        for name in engine.named("coder-release").hooks["before_update"]:
            result = engine.hooks[name].callback(hook_args(inputs, inputs))
            if isinstance(result, Awaitable):
                await result

    asyncio.run(run())


@pytest.mark.parametrize(
    ("version", "path"),
    [("1.44.3", ("coderd", "annotations")), ("2.38.8", ("coder", "podAnnotations"))],
)
def test_coders_pods_are_annotated_with_the_name_of_the_rollout_marker(
    version: str, path: tuple[str, str]
) -> None:
    values = deployed(made(chartVersion=version)).named("coder-release").plain["values"]
    assert values[path[0]][path[1]] == {"coder/record": "coder-record-1a2b3c"}


def test_the_aftercheck_runs_again_for_a_new_revision_of_the_release() -> None:
    class Upgraded(Engine):
        def new_resource(self, args: Any) -> Any:
            name, outputs = super().new_resource(args)
            if args.name == "coder-release":
                outputs["status"]["revision"] = 2
            return name, outputs

    upgraded = deploy(made(), engine=Upgraded()).named("coder-aftercheck").plain
    assert upgraded["spec"]["template"] != template(made(), "coder-aftercheck")


class Found(Engine):
    """A cluster with that Deployment, or without one."""

    def __init__(self, deployment: Any) -> None:
        super().__init__()
        self.found = deployment
        self.read: list[tuple[str, str]] = []

    def deployment(self, namespace: str, name: str) -> Any:
        self.read.append((namespace, name))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def found(replicas: int, ready: int) -> Found:
    return Found(rolled_out(replicas, ready))


DOWN = {
    "scaled to 0": (found(0, 0), "Deployment coder/coderd is scaled to 0; type "
                    "`kubectl -n coder scale deployment coderd --replicas=2`"),
    "unready": (found(2, 0), "Deployment coder/coderd has no ready pod, and should have 2; for "
                "the reason type `kubectl -n coder describe deployment,pods` and `kubectl -n coder "
                "logs deployment/coderd --all-containers`, then run `pulumi up` again"),
    "gone": (Found(None), "there is no Deployment coder/coderd; to create it again: `helm get "
             "manifest coder -n coder | kubectl -n coder apply -f -`"),
}  # fmt: skip


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollout_wait, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(rollout_wait, "SECONDS_TO_RECOVER", 0.2)
    monkeypatch.setattr(rollout_reader, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(rollout_reader, "SECONDS_TO_ANSWER", 0.2)


@pytest.mark.parametrize("case", DOWN)
def test_an_update_fails_and_says_why_unless_coder_runs(case: str, impatient: None) -> None:
    engine, line = DOWN[case]
    with pytest.raises(pulumi.RunError) as error:
        deploy(made(replicas=2), engine=engine)
    assert str(error.value) == f"Coder is not running: {line}"
    assert "coder-aftercheck" not in engine.names, "it would blame the database"


def test_a_pod_that_becomes_ready_again_is_waited_for(impatient: None) -> None:
    engine = found(1, 0)

    def ready_at_the_third_look(namespace: str, name: str) -> Any:
        engine.read.append((namespace, name))
        return rolled_out(1, int(len(engine.read) > 2))

    engine.deployment = ready_at_the_third_look
    deploy(made(), engine=engine)
    assert len(engine.read) == 4, "the after-check waits for the third look, the rest looks again"


def test_a_deployment_without_replicas_is_not_waited_for(impatient: None) -> None:
    engine = found(0, 0)
    with pytest.raises(pulumi.RunError):
        deploy(made(), engine=engine)
    assert len(engine.read) == 1


def test_a_preview_warns_unless_coder_runs() -> None:
    engine = deploy(made(), engine=found(0, 0), preview=True)
    [line] = [line for line in engine.said if line.startswith("Coder")]
    assert line.startswith("Coder is not running: Deployment coder/coderd is scaled to 0; type ")


def test_an_update_needs_one_ready_pod_of_the_charts_deployment(impatient: None) -> None:
    for version, name in (("1.44.3", "coderd"), ("2.38.8", "coder")):
        engine = found(3, 1)
        deploy(made(chartVersion=version, replicas=3), engine=engine)
        assert set(engine.read) == {("coder", name)}
        assert "coder-aftercheck" in engine.names


def test_a_deployment_that_cannot_be_read_is_a_warning(impatient: None) -> None:
    engine = deploy(made(), engine=Found(ClusterError("no route")))
    assert (
        "Coder may not be running: its Deployment can't be read: no route; look at it with "
        "`kubectl -n coder get deployment coderd`"
    ) in engine.said


NASTY = [
    ("p@ss:w/o?r#d", "p%40ss%3Aw%2Fo%3Fr%23d"),
    ("100%25 +&=", "100%2525%20%2B%26%3D"),
    ("ü~-_.'\"\\", "%C3%BC~-_.%27%22%5C"),
]


@pytest.mark.parametrize(("password", "encoded"), NASTY)
def test_the_url_is_percent_encoded(password: str, encoded: str) -> None:
    server = {"host": HOST, "username": "bob@corp", "password": password}
    content = deployed(given(existing=server)).named("coder-db").plain["stringData"]
    assert content["password"] == password, "the key `password` is not encoded"
    assert content["url"] == (
        f"postgresql://bob%40corp:{encoded}@{HOST}:5432/coder?sslmode=verify-full"
    )


def test_an_ipv6_address_has_brackets_only_in_the_url() -> None:
    server = {"host": "2001:db8::1", "username": "bob", "password": "x", "port": 5433}
    engine = deployed(given(existing=server))
    content = engine.named("coder-db").plain["stringData"]
    assert "@[2001:db8::1]:5433/" in content["url"]
    assert content["host"] == environment(engine, "coder-preflight")["PGHOST"] == "2001:db8::1"


@pytest.mark.parametrize("version", ["1.27.0", "1.44.3", "2.38.8"])
def test_a_login_without_a_password_has_none_in_secret_and_url(version: str) -> None:
    engine = deployed(given(existing={"host": HOST, "username": "bob"}, chartVersion=version))
    content = engine.named("coder-db").plain["stringData"]
    assert "password" not in content
    assert content["url"] == f"postgresql://bob@{HOST}:5432/coder?sslmode=verify-full"


def test_the_url_has_the_ca_path_of_each_chart(ca_file: str) -> None:
    for version, path in (
        ("1.44.3", "/etc/ssl/certs/pg/rootcert/ca.crt"),
        ("2.38.8", "/etc/ssl/certs/coder-db.crt"),
    ):
        engine = deployed(given(chartVersion=version, caCertificate=ca_file))
        url = engine.named("coder-db").plain["stringData"]["url"]
        assert url.endswith(f"?sslmode=verify-full&sslrootcert={path}")


def test_string_data_is_secret_and_the_annotation_is_not() -> None:
    secret = deployed(given()).named("coder-db")
    assert unwrapped(secret.inputs["stringData"], "[secret]") == "[secret]"
    assert secret.plain["metadata"]["annotations"] == {"coder/database": f"{HOST}:5432/coder"}
    assert PASSWORD not in secret.in_the_clear


def test_create_namespace_false_uses_the_existing_namespace() -> None:
    engine = deployed(made(createNamespace=False, namespace="there"))
    assert "coder-namespace" not in engine.names
    assert engine.exports["namespace"] == "there"
    assert engine.named("coder-release").plain["namespace"] == "there"
    assert engine.named("coder-preflight").plain["metadata"]["namespace"] == "there"


def test_the_database_job_has_a_namespace_of_its_own() -> None:
    engine = deployed(made(namespace="team"))
    named = {r.plain["metadata"]["name"] for r in engine.asked if r.name.endswith("-namespace")}
    assert named == {"team", "team-database"}


PROTECTED = {
    "coder-namespace": ", with every workspace in it, by the settings namespace or cluster",
    "coder-release": " by the settings namespace or cluster",
    "coder-db-blue": " by the settings existing, namespace or cluster",
}


@pytest.mark.parametrize("name", PROTECTED)
def test_protected_resources_are_not_deleted_or_replaced(name: str) -> None:
    engine = deployed(made())
    resource = engine.named(name)
    hook_name = f"{name} is protected; to allow it: pulumi config set protect false, then pulumi up"
    assert resource.hooks["before_delete"] == [hook_name]
    with pytest.raises(pulumi.RunError) as error:
        engine.hooks[hook_name].callback(hook_args(resource.plain, None))
    assert str(error.value) == (
        f"protected: this update would delete or replace it{PROTECTED[name]}. Nothing was changed"
    )


def test_a_change_to_another_database_is_refused() -> None:
    engine = deployed(made())
    [hook] = engine.named(LABEL).hooks["before_update"]
    old = engine.named(LABEL).plain
    moved = deployed(REASONS["host"]).named(LABEL).plain
    with pytest.raises(pulumi.RunError) as error:
        engine.hooks[hook].callback(hook_args(old, moved))
    assert str(error.value) == (
        f"Coder would change from the database {HOST}:5432/coder to other.example.com:5432/coder "
        "and lose its users and workspaces; if you have moved the data: `pulumi config set protect "
        "false`, `pulumi up`, then `pulumi config set protect true`"
    )


def test_a_login_may_change_on_the_same_database() -> None:
    engine = deployed(made())
    [hook] = engine.named(LABEL).hooks["before_update"]
    old = engine.named(LABEL).plain
    rotated = deployed(made(passwordGeneration=3)).named(LABEL).plain
    engine.hooks[hook].callback(hook_args(old, rotated))
    unknown = old | {"metadata": old["metadata"] | {"annotations": {"coder/database": None}}}
    engine.hooks[hook].callback(hook_args(old, unknown))


def hook_args(old: Any, new: Any) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", new_inputs=new, old_inputs=old)


def assert_depends(engine: Engine, later: str, earlier: str) -> None:
    """Asserts that `later` depends on `earlier`, directly or indirectly."""
    by_urn = {resource.urn: resource for resource in engine.asked}
    waited_for: set[str] = set()
    waiting = [engine.named(later)]
    while waiting:
        new = waiting.pop().dependencies - waited_for
        waited_for |= new
        waiting += [by_urn[urn] for urn in new]
    assert engine.named(earlier).urn in waited_for, f"{later} does not depend on {earlier}"


def environment(engine: Engine, job: str) -> dict[str, str]:
    [container] = engine.named(job).plain["spec"]["template"]["spec"]["containers"]
    return {env["name"]: env["value"] for env in container["env"]}


def test_in_the_clear_contains_what_is_not_secret() -> None:
    # Other tests rely on it.
    resource = Resource(
        "u", "t", "n", "p", {"a": ["b"]}, set(), False, "", {}, set(), {}, "", False
    )
    assert resource.in_the_clear == '{"a": ["b"]}'
