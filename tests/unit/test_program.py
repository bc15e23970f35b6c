"""What is true of the whole program, whatever is asked for."""

import ast
import base64
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import EXPORTS, ROOT
from tests.unit.pretend import JOB, PASSWORDS, RELEASE, SERVICE, Engine, deployed, unwrapped
from tests.unit.stacks import ADMIN_PASSWORD, GIVEN, MADE, PASSWORD, Stack, given, made

STACKS: dict[str, Stack] = {
    "roles are made": made(),
    "the login is given": given(),
    "the login has no password": given(existing={"host": "db", "username": "bob"}),
    "v2": made(chartVersion="2.38.8", zone="a", accessUrl="https://coder.example.com"),
    "v2 with a login": given(chartVersion="2.38.8"),
    "second generation": made(passwordGeneration=2),
    "unprotected": made(protect=False),
    "in a namespace that is there": made(createNamespace=False),
}


@pytest.fixture(params=STACKS.values(), ids=list(STACKS))
def engine(request: pytest.FixtureRequest) -> Engine:
    return deployed(request.param)


def test_the_exports_are_the_contract_s_and_none_is_secret(engine: Engine) -> None:
    assert set(engine.exports) == EXPORTS
    assert unwrapped(engine.exports, "[secret]") == engine.exports
    assert not re.search("canary|postgresql:", json.dumps(engine.exports))


def test_the_exports_say_where_coder_and_its_database_are() -> None:
    assert deployed(made(zone="us-east-1a")).exports == {
        "contractVersion": 1,
        "accessUrl": "http://192.0.2.7",
        "address": "192.0.2.7",
        "namespace": "coder",
        "databaseHost": "db.example.com",
        "databasePort": 5432,
        "databaseName": "coder",
        "databaseUser": "coder_blue",
        "databaseSslMode": "verify-full",
        "databaseZone": "us-east-1a",
        "passwordSecretName": "coder-db-blue",
        "chart": "classic",
        "chartVersion": "1.44.3",
    }


def test_the_access_url_is_the_settings_own_where_they_give_one() -> None:
    url = "https://coder.example.com"
    assert deployed(STACKS["v2"]).exports["accessUrl"] == url


def test_every_child_has_its_component_as_parent_and_begins_its_name(engine: Engine) -> None:
    components = {r.urn: r for r in engine.asked if r.type.startswith("coder:")}
    assert components
    for resource in engine.asked:
        if "pulumi:pulumi:Stack::" in resource.parent:
            assert resource.name in {"cluster", "postgres", "coder"}, f"{resource.name} is orphaned"
            continue
        parent = components[resource.parent]
        assert resource.name.startswith(f"{parent.name}-"), f"{resource.name} in {parent.name}"


def test_no_two_resources_have_one_name(engine: Engine) -> None:
    assert len(engine.names) == len(engine.asked)


def test_every_component_registers_outputs_without_a_secret(engine: Engine) -> None:
    for resource in engine.asked:
        if resource.type.startswith("coder:"):
            outputs = engine.outputs[resource.name]
            assert unwrapped(outputs, "[secret]") == outputs


def test_nothing_is_read_back_but_the_service(engine: Engine) -> None:
    # Functions of providers are refused by the pretend engine itself.
    assert [resource.type for resource in engine.asked if resource.read] == [SERVICE]


def test_every_object_goes_to_the_cluster_of_the_settings(engine: Engine) -> None:
    provider = engine.named("cluster")
    for resource in engine.asked:
        if resource.type.startswith("kubernetes:"):
            assert provider.urn in resource.provider, f"{resource.name} goes to another cluster"


def test_the_provider_is_the_kubeconfig_s_and_changes_secrets_in_place() -> None:
    provider = deployed(made()).named("cluster").plain
    assert provider["clusterIdentifier"] == "https://api.example.com:443"
    assert provider["enableSecretMutable"] == "true"
    assert "context" not in provider, "an empty kubeContext means the current one"


@pytest.mark.parametrize("generation", [1, 2])
def test_no_password_is_anywhere_in_the_clear(generation: int) -> None:
    nasty = "p@ss:w/o?r#d%20 '\"\\ü canary"
    for version in ("1.44.3", "2.38.8"):
        for stack in (
            made(existing=MADE | {"adminPassword": nasty}, passwordGeneration=generation),
            made(passwordGeneration=generation),
            given(existing=GIVEN | {"password": nasty}),
        ):
            engine = deployed(stack | {"chartVersion": version})
            words = [nasty, ADMIN_PASSWORD, PASSWORD, *PASSWORDS.values()]
            for resource in engine.asked:
                for word in words:
                    for form in forms(word):
                        assert form not in resource.in_the_clear, f"{resource.name}: {form}"
            assert nasty not in "".join(engine.said)


def test_the_passwords_are_where_they_belong() -> None:
    # Else the test above would see nothing and find nothing.
    holders = {
        resource.name
        for resource in deployed(made()).asked
        if re.search("canary", json.dumps(resource.plain))
    }
    assert holders == {"coder-db-blue", "coder-db-green", "postgres-database-credentials"}


def test_no_job_has_a_secret_in_its_pod(engine: Engine) -> None:
    for job in engine.all(JOB):
        assert "[secret]" not in job.in_the_clear
        assert not re.search("canary|postgresql://", json.dumps(job.plain))
        names = {env["name"] for env in container(job.plain)["env"]}
        assert not names & {"PGPASSWORD", "PGPASSFILE"}


def test_every_job_is_bounded_unprivileged_and_made_anew_after_a_failure(engine: Engine) -> None:
    for job in engine.all(JOB):
        spec, pod = job.plain["spec"], job.plain["spec"]["template"]["spec"]
        assert job.plain["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
        assert spec["backoffLimit"] == 0
        # The engine gives up after ten minutes, with fewer words.
        assert 0 < spec["activeDeadlineSeconds"] < 600
        assert "ttlSecondsAfterFinished" not in spec, "it would vanish behind the engine's back"
        assert pod["restartPolicy"] == "Never"
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(job.plain)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }


def test_the_jobs_use_the_image_of_the_settings() -> None:
    image = "registry.example.com:5000/tools/postgres:17@sha256:" + "0" * 64
    for job in deployed(made(toolsImage=image)).all(JOB):
        assert container(job.plain)["image"] == image


def test_every_name_and_type_of_a_component_is_literal() -> None:
    tokens: list[str] = []
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and "ComponentResource" in map(_base, node.bases):
                tokens += [_token(node, path.name)]
    assert len(tokens) == len(set(tokens)) >= 3
    assert all(re.fullmatch(r"coder:[a-z]+:[A-Z]\w+", token) for token in tokens), tokens


def test_a_protected_stack_protects_what_holds_data_and_nothing_else() -> None:
    engine = deployed(made())
    guarded = {"coder-namespace", "coder-release", "coder-db-blue", "coder-db-green"}
    assert {resource.name for resource in engine.asked if resource.protect} == guarded
    assert {r.name for r in engine.asked if r.hooks.get("before_delete")} == guarded


def test_an_unprotected_stack_protects_nothing_and_says_what_stays() -> None:
    engine = deployed(made(protect=False))
    assert not any(resource.protect for resource in engine.asked)
    assert not any(resource.hooks.get("before_delete") for resource in engine.asked)
    assert "`pulumi destroy` leaves database coder on db.example.com" in "".join(engine.said)
    assert "would leave" not in "".join(deployed(made()).said)


def test_every_hook_runs_at_preview(engine: Engine) -> None:
    for hook in engine.hooks.values():
        assert hook.opts
        assert hook.opts.on_dry_run, "what is refused is refused before anything is touched"


def test_the_release_is_atomic_and_waits_for_its_pods(engine: Engine) -> None:
    release = engine.named("coder-release").plain
    assert release["atomic"] is True
    assert release["cleanupOnFail"] is True
    assert release.get("skipAwait", False) is False
    assert release["timeout"] >= 900, "migrations take minutes, the grace period five of them"
    assert release["name"] == "coder", "the charts' objects have fixed names: one in a namespace"
    assert [r.name for r in engine.all(RELEASE)] == ["coder-release"]


def container(job: dict[str, Any]) -> dict[str, Any]:
    [found] = job["spec"]["template"]["spec"]["containers"]
    return found


def forms(word: str) -> set[str]:
    """A password as it is, and as it would look in a URL, in JSON and in a Secret's data."""
    encoded = base64.b64encode(word.encode()).decode()
    return {word, quote(word, safe=""), quote(word), json.dumps(word)[1:-1], encoded}


def _base(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _token(node: ast.ClassDef, where: str) -> str:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
            token = call.args[0]
            assert isinstance(token, ast.Constant), f"{where}: the type is not literal"
            return str(token.value)
    raise AssertionError(f"{where}: {node.name} registers no type")
