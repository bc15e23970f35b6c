"""Two logins are used in turn, so that a password changes only while it is not in use."""

from typing import Any

import pulumi
import pytest

from tests.unit.pretend import (
    JOB,
    PASSWORD,
    PASSWORDS,
    SECRET,
    Engine,
    deployed,
    refused,
)
from tests.unit.stacks import ADMIN_PASSWORD, HOST, MADE, given, made

GENERATION_HOOK = "postgres-database-namespace: passwordGeneration"


@pytest.mark.parametrize(
    ("generation", "colour", "other"),
    [(1, "blue", "green"), (2, "green", "blue"), (3, "blue", "green"), (4, "green", "blue")],
)
def test_the_logins_are_used_in_turn(generation: int, colour: str, other: str) -> None:
    engine = deployed(made(passwordGeneration=generation))
    postgres = engine.named("coder-release").plain["values"]["postgres"]
    assert postgres["user"] == f"coder_{colour}"
    assert postgres["passwordSecret"] == f"coder-db-{colour}"
    assert engine.exports["databaseUser"] == f"coder_{colour}"
    assert engine.exports["passwordSecretName"] == f"coder-db-{colour}"
    both = {resource.plain["metadata"].get("name") for resource in engine.all(SECRET)}
    assert {f"coder-db-{colour}", f"coder-db-{other}"} < both, "the other login still has pods"


@pytest.mark.parametrize(
    ("generation", "keepers"),
    [(1, {"blue": "1", "green": "0"}), (2, {"blue": "1", "green": "2"}),
     (3, {"blue": "3", "green": "2"}), (4, {"blue": "3", "green": "4"})],
)  # fmt: skip
def test_a_rotation_changes_only_the_idle_password(
    generation: int, keepers: dict[str, str]
) -> None:
    engine = deployed(made(passwordGeneration=generation))
    assert {
        resource.name.removeprefix("postgres-database-"): resource.plain["keepers"]["generation"]
        for resource in engine.all(PASSWORD)
    } == keepers


def test_the_secret_of_each_login_has_everything_to_connect(ca_file: str) -> None:
    engine = deployed(made(caCertificate=ca_file))
    for colour in ("blue", "green"):
        [content] = [
            secret.plain["stringData"]
            for secret in engine.all(SECRET)
            if secret.plain["metadata"].get("name") == f"coder-db-{colour}"
        ]
        with open(ca_file) as file:
            assert content == {
                "username": f"coder_{colour}",
                "password": PASSWORDS[colour],
                "host": HOST,
                "port": "5432",
                "database": "coder",
                "ca.crt": file.read(),
                "url": f"postgresql://coder_{colour}:{PASSWORDS[colour]}@{HOST}:5432/coder"
                "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/pg/rootcert/ca.crt",
            }


def test_the_passwords_are_strong_and_need_no_escaping() -> None:
    for resource in deployed(made()).all(PASSWORD):
        asked = resource.plain
        assert asked["length"] == 32
        assert set(asked["overrideSpecial"]) <= set("-_~"), "only these are unreserved in a URL"
        for kind in ("minLower", "minUpper", "minNumeric", "minSpecial"):
            assert asked[kind] >= 1


def test_the_admin_login_is_not_in_coders_namespace() -> None:
    engine = deployed(made())
    for resource in engine.all(SECRET):
        if ADMIN_PASSWORD in str(resource.plain):
            assert resource.plain["metadata"]["namespace"] == "coder-database"
    roles = engine.named("postgres-database-roles").plain
    assert roles["metadata"]["namespace"] == "coder-database"


def test_the_secret_of_the_roles_job_has_all_three_logins(ca_file: str) -> None:
    engine = deployed(made(caCertificate=ca_file))
    content = engine.named("postgres-database-credentials").plain["stringData"]
    assert set(content) == {"username", "password", "blue", "green", "ca.crt"}
    assert content["username"] == "admin"
    assert content["password"] == ADMIN_PASSWORD
    assert {colour: content[colour] for colour in PASSWORDS} == PASSWORDS


def test_the_roles_job_runs_again_for_a_new_password() -> None:
    first, second = (
        deployed(made(passwordGeneration=generation)).named("postgres-database-roles").plain
        for generation in (1, 2)
    )
    assert first["spec"]["template"] != second["spec"]["template"]


def test_passwords_depend_on_the_check_of_the_generation() -> None:
    engine = deployed(made())
    namespace = engine.named("postgres-database-namespace")
    assert namespace.hooks == {"before_update": [GENERATION_HOOK]}
    for resource in engine.all(PASSWORD):
        assert namespace.urn in resource.dependencies


@pytest.mark.parametrize(("was", "now"), [(1, 1), (1, 2), (2, 3), (7, 8)])
def test_the_same_generation_and_the_next_are_accepted(was: int, now: int) -> None:
    step(was, now)


@pytest.mark.parametrize(
    ("was", "now", "line"),
    [
        (1, 3, "passwordGeneration: is 3 and was 1, must be 1 or 2: only the idle login's "
               "password may change; type `pulumi config set passwordGeneration 2`"),
        (3, 2, "passwordGeneration: is 2 and was 3, must be 3 or 4: only the idle login's "
               "password may change; type `pulumi config set passwordGeneration 4`"),
    ],
)  # fmt: skip
def test_any_other_generation_is_refused(was: int, now: int, line: str) -> None:
    with pytest.raises(pulumi.RunError) as error:
        step(was, now)
    assert str(error.value) == line


def step(was: int, now: int) -> None:
    """Run the hook as the engine does for that change of generation."""
    hook = deployed(made()).hooks[GENERATION_HOOK]
    old, new = (
        deployed(made(passwordGeneration=generation)).named("postgres-database-namespace").plain
        for generation in (was, now)
    )
    hook.callback(args(old, new))


def args(old: Any, new: Any) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", new_inputs=new, old_inputs=old)


def test_a_given_login_is_used_without_a_roles_job() -> None:
    engine = deployed(given())
    assert not engine.all(PASSWORD), "no password is generated"
    assert {job.plain["metadata"]["namespace"] for job in engine.all(JOB)} == {"coder"}
    assert {secret.name for secret in engine.all(SECRET)} == {"coder-db"}
    assert not [r for r in engine.asked if r.name.startswith("postgres-")], "no role is created"
    assert engine.exports["databaseUser"] == "bob"


@pytest.mark.parametrize("name", ["coder", "_c", "c" * 57])
def test_the_logins_are_named_after_the_database(name: str) -> None:
    engine = deployed(made(existing=MADE | {"database": name}))
    assert engine.exports["databaseUser"] == f"{name}_blue"
    assert len(f"{name}_green") <= 63, "PostgreSQL truncates longer names"


def test_the_jobs_get_the_owner_of_the_database() -> None:
    server = MADE | {"flavour": "v2"}
    engine = deployed(made(existing=server, chartVersion="2.38.8"))
    for name in ("postgres-database-roles", "coder-preflight"):
        env = environment(engine, name)
        assert env["OWNER_STACK"] == "coder/dev"
        assert env["OWNER_FLAVOUR"] == "v2"
        assert env["OWNER_ADOPTED_FLAVOUR"] == "v2"


def test_a_database_name_is_restricted_only_where_roles_are_created() -> None:
    name = "Coder Prod/1"
    server = {"host": HOST, "username": "bob", "password": "x", "database": name}
    engine = deployed(given(existing=server))
    url = engine.named("coder-db").plain["stringData"]["url"]
    assert "/Coder%20Prod%2F1?" in url
    assert not refused_database(name)


def refused_database(name: str) -> list[str]:
    """The lines about something other than the name, for a stack that creates roles."""
    lines = refused(made(existing=MADE | {"database": name}))
    return [line for line in lines if not line.startswith("existing.database:")]


def environment(engine: Engine, job: str) -> dict[str, str]:
    [container] = engine.named(job).plain["spec"]["template"]["spec"]["containers"]
    return {env["name"]: env["value"] for env in container["env"]}
