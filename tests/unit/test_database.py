"""Two logins are used in turn, so that a password changes only while it is not in use."""

import hmac
import json
from typing import Any

import pulumi
import pytest

from tests.unit.pretend import (
    BYTES,
    JOB,
    PASSWORD,
    PASSWORDS,
    SECRET,
    Engine,
    deploy,
    deployed,
    refused,
)
from tests.unit.stacks import ADMIN_PASSWORD, HOST, MADE, given, made


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


@pytest.mark.parametrize("name", ["blue", "green", "admin"])
def test_the_roles_job_runs_again_for_a_new_password(name: str) -> None:
    again = (
        deployed(made(existing=MADE | {"adminPassword": "another"}))
        if name == "admin"
        else deploy(made(), engine=Replaced(f"postgres-database-{name}"))
    )
    first = deployed(made()).named("postgres-database-roles").plain
    assert (
        again.named("postgres-database-roles").plain["spec"]["template"]
        != first["spec"]["template"]
    )


class Replaced(Engine):
    """Generates another password of that name in the same generation."""

    def __init__(self, password: str) -> None:
        super().__init__()
        self.password = password

    def new_resource(self, args: Any) -> Any:
        name, outputs = super().new_resource(args)
        return name, outputs | ({"result": "another"} if args.name == self.password else {})


def test_a_password_of_the_login_in_use_restarts_coder_and_that_of_the_idle_one_does_not() -> None:
    marker = deployed(made()).named("coder-record").plain
    preflight = deployed(made()).named("coder-preflight").plain
    idle = deploy(made(), engine=Replaced("postgres-database-green"))
    assert idle.named("coder-record").plain == marker
    assert idle.named("coder-preflight").plain == preflight
    in_use = deploy(made(), engine=Replaced("postgres-database-blue"))
    assert in_use.named("coder-record").plain["data"] != marker["data"]
    assert in_use.named("coder-preflight").plain["spec"] != preflight["spec"]


PASSWORD_ANNOTATIONS = ("coder/password-generation", "coder/password-digest")


@pytest.mark.parametrize("colour", ["blue", "green"])
@pytest.mark.parametrize("protect", [True, False])
def test_another_password_in_the_same_generation_is_refused_at_preview(
    protect: bool, colour: str
) -> None:
    engine = deployed(made(protect=protect))
    secret = engine.named(f"coder-db-{colour}")
    [hook] = secret.hooks["before_update"]
    unknown = with_annotations(secret.plain, {"coder/password-digest": pulumi.output.Unknown()})
    with pytest.raises(pulumi.RunError) as error:
        engine.hooks[hook].callback(args(secret.plain, unknown))
    generation = {"blue": 1, "green": 0}[colour]
    assert str(error.value) == (
        f"passwordGeneration: the password of generation {generation} would be generated again "
        "(by --replace, or because the state has lost it), and Coder's pods that use it would "
        "fail; leave out --replace, and to rotate the password add one to passwordGeneration. To "
        "replace a lost password, with a short outage: `pulumi up --skip-preview`"
    )
    rotated = with_annotations(unknown, {"coder/password-generation": str(generation + 2)})
    engine.hooks[hook].callback(args(secret.plain, rotated))
    before = with_annotations(secret.plain, {})
    for key in PASSWORD_ANNOTATIONS:
        del before["metadata"]["annotations"][key]
    engine.hooks[hook].callback(args(before, unknown))


def with_annotations(inputs: Any, annotations: Any) -> Any:
    metadata = inputs["metadata"]
    return inputs | {"metadata": metadata | {"annotations": metadata["annotations"] | annotations}}


def test_a_digest_of_a_password_is_plain_and_can_t_be_made_without_the_key() -> None:
    engine = deployed(made())
    digests = [
        json.loads(engine.named(f"coder-db-{colour}").in_the_clear)["metadata"]["annotations"][
            "coder/password-digest"
        ]
        for colour in PASSWORDS
    ]
    assert digests[0] != digests[1]
    marker = json.loads(engine.named("coder-record").in_the_clear)["data"]
    assert marker["passwordDigest"] == digests[0]
    key = "00" * 32
    for password, digest in zip(PASSWORDS.values(), digests, strict=True):
        assert digest == hmac.new(bytes.fromhex(key), password.encode(), "sha256").hexdigest()[:16]

    class OtherKey(Engine):
        def new_resource(self, args: Any) -> Any:
            name, outputs = super().new_resource(args)
            return name, outputs | ({"hex": "01" * 32} if args.typ == BYTES else {})

    other = deploy(made(), engine=OtherKey()).named("coder-record").plain["data"]["passwordDigest"]
    assert other != marker["passwordDigest"]


def args(old: Any, new: Any) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs("urn", "id", "name", "type", new_inputs=new, old_inputs=old)


def test_a_given_login_is_used_without_a_roles_job() -> None:
    engine = deployed(given())
    assert not engine.all(PASSWORD), "no password is generated"
    assert {job.plain["metadata"]["namespace"] for job in engine.all(JOB)} == {"coder"}
    assert {secret.name for secret in engine.all(SECRET)} == {"coder-db"}
    made = {r.name for r in engine.asked if r.name.startswith("postgres-")}
    assert made == {"postgres-digest-key"}, "no role is created"
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


def test_the_search_path_reaches_coder_and_the_jobs() -> None:
    engine = deployed(made(existing=MADE | {"searchPath": "coder,public"}))
    assert engine.named("coder-release").plain["values"]["postgres"]["searchPath"] == "coder,public"
    for name in ("coder-db-blue", "coder-db-green"):
        [secret] = [s for s in engine.all(SECRET) if s.plain["metadata"].get("name") == name]
        assert "&search_path=coder%2Cpublic" in secret.plain["stringData"]["url"]
    assert environment(engine, "coder-preflight")["PGOPTIONS"] == "-c search_path=coder,public"
    assert environment(engine, "postgres-database-roles")["SEARCH_PATH"] == "coder,public"
