"""Properties of the whole program that hold for all settings."""

import ast
import base64
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import EXPORTS, ROOT
from tests.unit.pretend import JOB, PASSWORDS, RELEASE, Engine, deployed, unwrapped
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


def test_outputs_match_the_contract_and_none_is_secret(engine: Engine) -> None:
    assert set(engine.exports) == EXPORTS
    assert unwrapped(engine.exports, "[secret]") == engine.exports
    assert not re.search("canary|postgresql:", json.dumps(engine.exports))


def test_outputs_have_the_addresses_of_coder_and_its_database() -> None:
    assert deployed(made(zone="us-east-1a")).exports == {
        "contractVersion": 1,
        "accessUrl": "http://192.0.2.7",
        "address": "192.0.2.7",
        "servicePort": 80,
        "namespace": "coder",
        "databaseHost": "db.example.com",
        "databasePort": 5432,
        "databaseName": "coder",
        "databaseUser": "coder_blue",
        "databaseSslMode": "verify-full",
        "passwordSecretName": "coder-db-blue",
        "databaseVersion": 17,
        "databaseZone": "us-east-1a",
        "databaseLiveZone": "",
        "databaseId": "",
        "databaseFirewallId": "",
        "chart": "classic",
        "chartVersion": "1.44.3",
    }


def test_access_url_setting_overrides_the_address() -> None:
    url = "https://coder.example.com"
    assert deployed(STACKS["v2"]).exports["accessUrl"] == url


def test_children_have_their_component_as_parent_and_name_prefix(engine: Engine) -> None:
    components = {r.urn: r for r in engine.asked if r.type.startswith("coder:")}
    assert components
    for resource in engine.asked:
        if "pulumi:pulumi:Stack::" in resource.parent:
            assert resource.name in {"cluster", "postgres", "coder"}, f"{resource.name} is orphaned"
            continue
        parent = components[resource.parent]
        assert resource.name.startswith(f"{parent.name}-"), f"{resource.name} in {parent.name}"


def test_resource_names_are_unique(engine: Engine) -> None:
    assert len(engine.names) == len(engine.asked)


def test_component_outputs_contain_no_secret(engine: Engine) -> None:
    for resource in engine.asked:
        if resource.type.startswith("coder:"):
            outputs = engine.outputs[resource.name]
            assert unwrapped(outputs, "[secret]") == outputs


def test_no_resource_is_read(engine: Engine) -> None:
    # One that is gone would stop each later preview. The pretend engine refuses function calls.
    assert not [resource.type for resource in engine.asked if resource.read]


def test_all_objects_use_the_kubernetes_provider_of_the_stack(engine: Engine) -> None:
    provider = engine.named("cluster")
    for resource in engine.asked:
        if resource.type.startswith("kubernetes:"):
            assert provider.urn in resource.provider, f"{resource.name} goes to another cluster"


def test_provider_uses_the_kubeconfig_and_mutable_secrets() -> None:
    provider = deployed(made()).named("cluster").plain
    assert provider["clusterIdentifier"] == "https://api.example.com:443"
    assert provider["enableSecretMutable"] == "true"
    assert "context" not in provider, "an empty kubeContext means the current one"


@pytest.mark.parametrize("generation", [1, 2])
def test_no_password_is_in_the_clear(generation: int) -> None:
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


def test_passwords_are_only_in_the_expected_secrets() -> None:
    # Shows that the test above searches where passwords can be found.
    holders = {
        resource.name
        for resource in deployed(made()).asked
        if re.search("canary", json.dumps(resource.plain))
    }
    assert holders == {"coder-db-blue", "coder-db-green", "postgres-database-credentials"}


def test_job_pods_contain_no_secret(engine: Engine) -> None:
    for job in engine.all(JOB):
        assert "[secret]" not in job.in_the_clear
        assert not re.search("canary|postgresql://", json.dumps(job.plain))
        names = {env["name"] for env in container(job.plain)["env"]}
        assert not names & {"PGPASSWORD", "PGPASSFILE"}


def test_jobs_are_bounded_unprivileged_and_recreated_after_a_failure(engine: Engine) -> None:
    for job in engine.all(JOB):
        spec, pod = job.plain["spec"], job.plain["spec"]["template"]["spec"]
        assert job.plain["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
        assert spec["backoffLimit"] == 0
        # The provider's own error says less than the Job's.
        assert job.timeouts["create"] == f"{int(spec['activeDeadlineSeconds']) + 60}s"
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


def test_jobs_use_the_image_of_the_settings() -> None:
    image = "registry.example.com:5000/tools/postgres:17@sha256:" + "0" * 64
    for job in deployed(made(toolsImage=image)).all(JOB):
        assert container(job.plain)["image"] == image


def test_component_names_and_types_are_literals() -> None:
    tokens: list[str] = []
    for path in (ROOT / "components").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and "ComponentResource" in map(_base, node.bases):
                tokens += [_token(node, path.name)]
    assert len(tokens) == len(set(tokens)) >= 3
    assert all(re.fullmatch(r"coder:[a-z]+:[A-Z]\w+", token) for token in tokens), tokens


def test_protected_stack_protects_namespace_release_and_secrets() -> None:
    engine = deployed(made())
    guarded = {"coder-namespace", "coder-release", "coder-db-blue", "coder-db-green"}
    assert {resource.name for resource in engine.asked if resource.protect} == guarded
    assert {r.name for r in engine.asked if r.hooks.get("before_delete")} == guarded


def test_unprotected_stack_protects_nothing_and_lists_what_remains() -> None:
    engine = deployed(made(protect=False))
    assert not any(resource.protect for resource in engine.asked)
    assert not any(resource.hooks.get("before_delete") for resource in engine.asked)
    assert "`pulumi destroy` leaves database coder on db.example.com" in "".join(engine.said)
    assert "would leave" not in "".join(deployed(made()).said)


def test_all_hooks_that_refuse_run_at_preview(engine: Engine) -> None:
    for hook in engine.hooks.values():
        if hook.name.endswith("watch"):
            continue
        assert hook.opts
        assert hook.opts.on_dry_run, "what is refused is refused before anything is touched"


def test_release_has_a_fixed_name(engine: Engine) -> None:
    release = engine.named("coder-release").plain
    assert release["name"] == "coder", "the charts' objects have fixed names: one in a namespace"
    assert [r.name for r in engine.all(RELEASE)] == ["coder-release"]


def container(job: dict[str, Any]) -> dict[str, Any]:
    [found] = job["spec"]["template"]["spec"]["containers"]
    return found


def forms(word: str) -> set[str]:
    """The spellings of a password: plain, in a URL, in JSON and in a Secret's data."""
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
