"""Coder is touched only once its database was proved fit, and proved to use it afterwards."""

from typing import Any

import pulumi
import pytest

from tests.unit.pretend import CREATED, Engine, Resource, deploy, deployed, unwrapped
from tests.unit.stacks import HOST, MADE, PASSWORD, Stack, given, made

LABEL = "coder-db-blue"


def template(stack: Stack, job: str = "coder-preflight") -> Any:
    return deployed(stack).named(job).plain["spec"]["template"]


def test_the_preflight_waits_for_the_roles_and_the_release_for_the_preflight() -> None:
    engine = deployed(made())
    waits(engine, "coder-preflight", "postgres-database-roles")
    waits(engine, "coder-preflight", "coder-db-blue")
    waits(engine, "coder-release", "coder-preflight")
    waits(engine, "coder-aftercheck", "coder-release")


def test_with_a_given_login_the_order_is_the_same() -> None:
    engine = deployed(given())
    waits(engine, "coder-preflight", "coder-db")
    waits(engine, "coder-release", "coder-preflight")
    waits(engine, "coder-aftercheck", "coder-release")


def test_whatever_goes_into_the_namespace_waits_for_it() -> None:
    engine = deployed(made())
    for name in ("coder-db-blue", "coder-db-green", "coder-preflight", "coder-release"):
        waits(engine, name, "coder-namespace")


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
def test_the_preflight_runs_again_when_what_it_proved_changes(reason: str) -> None:
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


def test_no_password_changes_the_preflight() -> None:
    other = made(existing=MADE | {"adminPassword": "another"})
    assert template(other) == template(made())
    given_other = given(existing={"host": HOST, "username": "bob", "password": "another"})
    assert template(given_other) == template(given())


def test_protection_and_size_don_t_change_the_preflight() -> None:
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
def test_the_jobs_connect_with_the_very_tls_that_coder_will_use(
    mode: str, with_ca: bool, roots: str, ca_file: str
) -> None:
    stack = made(existing=MADE | {"sslMode": mode}, caCertificate=ca_file if with_ca else "")
    for job in ("postgres-database-roles", "coder-preflight", "coder-aftercheck"):
        env = environment(deployed(stack), job)
        assert env["PGSSLMODE"] == mode
        assert env["PGSSLROOTCERT"] == roots


def test_the_preflight_is_told_what_to_hold_the_server_to() -> None:
    stack = made(chartVersion="2.38.8", replicas=4, latencyGate="warn", latencyLimitMs=20)
    env = environment(deployed(stack), "coder-preflight")
    told = {key: env[key] for key in (
        "PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "CHART_VERSION", "MINIMUM_VERSION", "REPLICAS",
        "CONNECTIONS", "RESERVE", "LATENCY_GATE", "LATENCY_LIMIT_MS",
    )}  # fmt: skip
    assert told == {
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


def test_every_job_in_coder_s_namespace_reads_its_login_from_the_secret_s_files() -> None:
    for job in ("coder-preflight", "coder-aftercheck"):
        [login, _] = template(made(), job)["spec"]["volumes"]
        assert login == {"name": "login", "secret": {"secretName": LABEL, "defaultMode": 0o440}}


def test_the_after_check_looks_for_sessions_younger_than_the_record() -> None:
    engine = deployed(made())
    env = environment(engine, "coder-aftercheck")
    assert env["SINCE"] == CREATED
    assert env["PGUSER"] == "coder_blue"
    waits(engine, "coder-record", "coder-preflight")
    waits(engine, "coder-release", "coder-record")


RECORDED = ["host", "port", "database", "ssl mode", "colour", "chart version", "flavour"]


@pytest.mark.parametrize("reason", RECORDED)
def test_the_record_is_made_anew_when_coder_is_told_something_else(reason: str) -> None:
    record = deployed(made()).named("coder-record").plain
    assert "name" not in record["metadata"], "a new one needs a new name"
    assert deployed(REASONS[reason]).named("coder-record").plain["data"] != record["data"]


def test_the_record_is_made_anew_for_a_new_ca(ca_file: str) -> None:
    with_ca = deployed(made(caCertificate=ca_file)).named("coder-record").plain["data"]
    assert with_ca != deployed(made()).named("coder-record").plain["data"]


def test_the_record_stays_when_only_the_preflight_changes() -> None:
    # Else the after-check would look for new sessions of pods that had no reason to roll.
    record = deployed(made()).named("coder-record").plain
    for stack in (REASONS["limit"], made(toolsImage="postgres:17"), made(protect=False)):
        assert deployed(stack).named("coder-record").plain == record


@pytest.mark.parametrize(
    ("version", "path"),
    [("1.44.3", ("coderd", "annotations")), ("2.38.8", ("coder", "podAnnotations"))],
)
def test_coder_s_pods_carry_the_record_s_name(version: str, path: tuple[str, str]) -> None:
    values = deployed(made(chartVersion=version)).named("coder-release").plain["values"]
    assert values[path[0]][path[1]] == {"coder/record": "coder-record-1a2b3c"}


def test_the_after_check_runs_again_for_a_new_revision_of_the_release() -> None:
    class Upgraded(Engine):
        def new_resource(self, args: Any) -> Any:
            name, outputs = super().new_resource(args)
            if args.name == "coder-release":
                outputs["status"]["revision"] = 2
            return name, outputs

    upgraded = deploy(made(), engine=Upgraded()).named("coder-aftercheck").plain
    assert upgraded["spec"]["template"] != template(made(), "coder-aftercheck")


NASTY = [
    ("p@ss:w/o?r#d", "p%40ss%3Aw%2Fo%3Fr%23d"),
    ("100%25 +&=", "100%2525%20%2B%26%3D"),
    ("ü~-_.'\"\\", "%C3%BC~-_.%27%22%5C"),
]


@pytest.mark.parametrize(("password", "encoded"), NASTY)
def test_the_url_is_percent_encoded(password: str, encoded: str) -> None:
    server = {"host": HOST, "username": "bob@corp", "password": password}
    content = deployed(given(existing=server)).named("coder-db").plain["stringData"]
    assert content["password"] == password, "the password itself is not"
    assert content["url"] == (
        f"postgresql://bob%40corp:{encoded}@{HOST}:5432/coder?sslmode=verify-full"
    )


def test_an_ipv6_address_has_brackets_in_the_url_alone() -> None:
    server = {"host": "2001:db8::1", "username": "bob", "password": "x", "port": 5433}
    engine = deployed(given(existing=server))
    content = engine.named("coder-db").plain["stringData"]
    assert "@[2001:db8::1]:5433/" in content["url"]
    assert content["host"] == environment(engine, "coder-preflight")["PGHOST"] == "2001:db8::1"


@pytest.mark.parametrize("version", ["1.27.0", "1.44.3", "2.38.8"])
def test_a_login_without_a_password_has_none_anywhere(version: str) -> None:
    engine = deployed(given(existing={"host": HOST, "username": "bob"}, chartVersion=version))
    content = engine.named("coder-db").plain["stringData"]
    assert "password" not in content
    assert content["url"] == f"postgresql://bob@{HOST}:5432/coder?sslmode=verify-full"


def test_the_url_names_the_ca_where_each_chart_mounts_it(ca_file: str) -> None:
    for version, path in (
        ("1.44.3", "/etc/ssl/certs/pg/rootcert/ca.crt"),
        ("2.38.8", "/etc/ssl/certs/coder-db.crt"),
    ):
        engine = deployed(given(chartVersion=version, caCertificate=ca_file))
        url = engine.named("coder-db").plain["stringData"]["url"]
        assert url.endswith(f"?sslmode=verify-full&sslrootcert={path}")


def test_the_secret_s_url_and_password_are_secret_and_its_place_is_not() -> None:
    secret = deployed(given()).named("coder-db")
    assert unwrapped(secret.inputs["stringData"], "[secret]") == "[secret]"
    assert secret.plain["metadata"]["annotations"] == {"coder/database": f"{HOST}:5432/coder"}
    assert PASSWORD not in secret.in_the_clear


def test_a_namespace_that_is_there_is_not_made() -> None:
    engine = deployed(made(createNamespace=False, namespace="there"))
    assert "coder-namespace" not in engine.names
    assert engine.exports["namespace"] == "there"
    assert engine.named("coder-release").plain["namespace"] == "there"
    assert engine.named("coder-preflight").plain["metadata"]["namespace"] == "there"


def test_the_database_has_a_namespace_beside_coder_s() -> None:
    engine = deployed(made(namespace="team"))
    named = {r.plain["metadata"]["name"] for r in engine.asked if r.name.endswith("-namespace")}
    assert named == {"team", "team-database"}


def test_a_load_balancer_is_reached_by_name_or_address_and_else_the_service_by_name() -> None:
    for status, address in (
        ({"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}, "lb.example.com"),
        ({"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}]}}, "192.0.2.9"),
        ({"loadBalancer": {}}, "coderd.coder.svc.cluster.local"),
        ({}, "coderd.coder.svc.cluster.local"),
        (None, "coderd.coder.svc.cluster.local"),
    ):
        engine = deploy(made(), engine=_with_status(status))
        assert engine.exports["address"] == address
        assert engine.exports["accessUrl"] == f"http://{address}"


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


def test_coder_is_not_moved_to_another_database_without_a_word() -> None:
    engine = deployed(made())
    [hook] = engine.named(LABEL).hooks["before_update"]
    old = engine.named(LABEL).plain
    moved = deployed(REASONS["host"]).named(LABEL).plain
    with pytest.raises(pulumi.RunError) as error:
        engine.hooks[hook].callback(hook_args(old, moved))
    assert str(error.value) == (
        f"Coder would leave the database {HOST}:5432/coder for other.example.com:5432/coder and "
        "find none of its users there; if the data has moved: `pulumi config set protect false`, "
        "`pulumi up`, then protect it again"
    )


def test_a_login_may_change_in_place_on_the_same_database() -> None:
    engine = deployed(made())
    [hook] = engine.named(LABEL).hooks["before_update"]
    old = engine.named(LABEL).plain
    rotated = deployed(made(passwordGeneration=3)).named(LABEL).plain
    engine.hooks[hook].callback(hook_args(old, rotated))
    unknown = old | {"metadata": old["metadata"] | {"annotations": {"coder/database": None}}}
    engine.hooks[hook].callback(hook_args(old, unknown))


def hook_args(old: Any, new: Any) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", new_inputs=new, old_inputs=old)


def waits(engine: Engine, later: str, earlier: str) -> None:
    """Holds where `later` waits for `earlier`, or for something that does."""
    by_urn = {resource.urn: resource for resource in engine.asked}
    waited_for: set[str] = set()
    waiting = [engine.named(later)]
    while waiting:
        new = waiting.pop().dependencies - waited_for
        waited_for |= new
        waiting += [by_urn[urn] for urn in new]
    assert engine.named(earlier).urn in waited_for, f"{later} is too early"


def environment(engine: Engine, job: str) -> dict[str, str]:
    [container] = engine.named(job).plain["spec"]["template"]["spec"]["containers"]
    return {env["name"]: env["value"] for env in container["env"]}


def _with_status(status: Any) -> Engine:
    class WithStatus(Engine):
        def new_resource(self, args: Any) -> Any:
            name, outputs = super().new_resource(args)
            return name, outputs | ({"status": status} if args.name == "coder-service" else {})

    return WithStatus()


def test_a_resource_s_record_tells_secrets_from_the_rest() -> None:
    # The tests stand on it.
    resource = Resource("u", "t", "n", "p", {"a": ["b"]}, set(), False, "", {}, set(), {}, False)
    assert resource.in_the_clear == '{"a": ["b"]}'
