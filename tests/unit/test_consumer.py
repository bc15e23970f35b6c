"""examples/consumer: the typed outputs, and the CronJob that is made from them."""

import re
import runpy
import sys
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
import yaml

from outputs import CONTRACT_VERSION, OUTPUTS
from tests.conftest import ROOT
from tests.unit.pretend import Engine, deploy

FOLDER = ROOT / "examples" / "consumer"
SCHEMA: dict[str, Any] = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text())["config"]
NAME = "organization/coder/prod"
DEFAULTS = {key: field["default"] for key, field in SCHEMA.items() if "default" in field}
UP: dict[str, Any] = {name: "" for name in OUTPUTS} | {
    "contractVersion": 1.0,
    "namespace": "coder",
    "servicePort": 80.0,
    "databaseHost": "db.example.com",
    "databasePort": 6432.0,
    "databaseName": "coder",
    "databaseUser": "coder_blue",
    "databaseSslMode": "verify-full",
    "databaseVersion": 17.0,
    "passwordSecretName": "coder-db-blue",
}
"""The outputs of a stack, as the engine passes them."""
CRON_JOB = "kubernetes:batch/v1:CronJob"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"


class Consumed(Engine):
    """The engine of a consumer, with the outputs of the Coder stack."""

    def __init__(self, outputs: dict[str, Any]) -> None:
        super().__init__()
        self.found = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            assert args.inputs["name"] == NAME
            return NAME, {"name": NAME, "outputs": self.found}
        identifier, outputs = super().new_resource(args)
        metadata = {"name": identifier} | args.inputs.get("metadata", {})
        return identifier, outputs | ({"metadata": metadata} if "metadata" in args.inputs else {})


@pytest.fixture(autouse=True)
def _project(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The modules of the project, as the engine finds them."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in ("backup", "backup_settings", "coder_stack", "job"):
        sys.modules.pop(name, None)


def program() -> None:
    runpy.run_path(str(FOLDER / "__main__.py"))


def consumed(outputs: dict[str, Any] | None = None, **settings: Any) -> Engine:
    config = DEFAULTS | {"coderStack": NAME} | settings
    return deploy(
        {f"coder:{key}": value for key, value in config.items()},
        secrets=(),
        engine=Consumed(UP if outputs is None else outputs),
        program=program,
    )


def faults(**settings: Any) -> list[str]:
    """The lines of the error, one for each setting."""
    with pytest.raises(pulumi.RunError) as error:
        consumed(**settings)
    first, *lines = str(error.value).splitlines()
    assert re.fullmatch(r"The settings of stack \w+ can't be used:", first)
    return [line.removeprefix("  ") for line in lines]


def pod(engine: Engine) -> dict[str, Any]:
    [job] = engine.all(CRON_JOB)
    return job.plain["spec"]["jobTemplate"]["spec"]["template"]


def environment(engine: Engine) -> dict[str, Any]:
    [container] = pod(engine)["spec"]["containers"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_the_typed_outputs_are_those_of_the_contract() -> None:
    module = runpy.run_path(str(FOLDER / "coder_stack.py"))
    camel = {re.sub(r"_(\w)", lambda match: match[1].upper(), each) for each in module["OUTPUTS"]}
    assert camel == set(OUTPUTS) - {"contractVersion"}
    assert module["CONTRACT_VERSION"] == CONTRACT_VERSION


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        ({}, f"stack {NAME} has no outputs: it is not up; run `pulumi up` in it"),
        ({"url": "x"}, f"stack {NAME} has no contractVersion: it is no stack of Coder"),
        (
            UP | {"contractVersion": 2.0},
            f"stack {NAME} has contractVersion 2, and this program knows 1; take coder_stack.py "
            "from the Coder program that made the stack",
        ),
        (
            {key: UP[key] for key in UP if key not in ("databaseId", "servicePort")},
            f"stack {NAME} lacks the outputs servicePort, databaseId; run `pulumi up` in it with a "
            "newer version of the Coder program",
        ),
        (UP | {"databasePort": "x"}, f"stack {NAME}: databasePort is 'x', must be an integer"),
        (UP | {"databasePort": 1.5}, f"stack {NAME}: databasePort is 1.5, must be an integer"),
        (UP | {"namespace": 5.0}, f"stack {NAME}: namespace is 5.0, must be a string"),
    ],
)
def test_outputs_that_cannot_be_used_are_refused_in_one_line(
    outputs: dict[str, Any], line: str
) -> None:
    with pytest.raises(pulumi.RunError) as error:
        consumed(outputs)
    assert str(error.value) == line


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"coderStack": "prod"}, 'coderStack: is "prod", must be <organization>/coder/<stack>, '
         "for example organization/coder/prod"),
        ({"schedule": "daily"}, 'schedule: is "daily", must have the five fields of cron, for '
         'example "0 3 * * *"'),
        ({"keep": 0}, "keep: is 0, must be 1 or more"),
        ({"scratchGb": 0}, "scratchGb: is 0, must be 1 or more"),
        ({"imageUser": 0}, "imageUser: is 0, must be 1 or more"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused_in_one_line(
    settings: dict[str, Any], line: str
) -> None:
    assert faults(**settings) == [line]


def test_all_faults_of_the_settings_are_one_error() -> None:
    found = faults(coderStack="prod", schedule="daily", keep=0, storageGb=-1)
    assert [line.split(":")[0] for line in found] == ["coderStack", "schedule", "keep", "storageGb"]


def test_the_job_uses_the_login_and_tls_of_the_outputs() -> None:
    engine = consumed(keep=3)
    assert environment(engine) == {
        "PGHOST": "db.example.com",
        "PGPORT": "6432",
        "PGDATABASE": "coder",
        "PGUSER": "coder_blue",
        "PGSSLMODE": "verify-full",
        "PGPASSWORD": {
            "secretKeyRef": {"name": "coder-db-blue", "key": "password", "optional": True}
        },
        "KEEP": "3",
        "HOURS": "6",
    }
    [job] = engine.all(CRON_JOB)
    assert job.plain["metadata"]["namespace"] == "coder"
    assert job.plain["spec"]["concurrencyPolicy"] == "Forbid"
    assert job.plain["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 6 * 3600


def test_the_job_runs_as_the_user_of_the_image() -> None:
    for engine, user in ((consumed(), 70), (consumed(imageUser=999), 999)):
        context = pod(engine)["spec"]["securityContext"]
        assert [context[key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [user] * 3


def test_a_rotation_changes_the_login_alone() -> None:
    rotated = UP | {"databaseUser": "coder_green", "passwordSecretName": "coder-db-green"}
    before, after = consumed(), consumed(rotated)
    text = [str(pod(each)) for each in (before, after)]
    assert text[0].replace("coder_blue", "coder_green").replace("-blue", "-green") == text[1]


def test_only_the_ca_of_the_secret_is_a_file() -> None:
    volumes = {each["name"]: each for each in pod(consumed())["spec"]["volumes"]}
    assert volumes["ca"]["secret"] == {
        "secretName": "coder-db-blue",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
        "defaultMode": 0o440,
        "optional": True,
    }


@pytest.mark.parametrize(("version", "tag"), [(12, "16"), (17, "17"), (18, "18")])
def test_the_image_is_of_the_major_version_of_the_server(version: int, tag: str) -> None:
    [container] = pod(consumed(UP | {"databaseVersion": float(version)}))["spec"]["containers"]
    assert container["image"] == f"docker.io/library/postgres:{tag}-alpine"


def test_the_pod_obeys_the_rules_of_the_programs_own_jobs() -> None:
    template = pod(consumed())
    spec, labels = template["spec"], template["metadata"]["labels"]
    [container] = spec["containers"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    assert set(container["resources"]) == {"requests", "limits"}
    assert labels["sidecar.istio.io/inject"] == "false"
    assert template["metadata"]["annotations"]["linkerd.io/inject"] == "disabled"


def test_a_claim_is_made_unless_one_is_named() -> None:
    [claim] = consumed(storageGb=7, storageClass="fast").all(CLAIM)
    assert claim.plain["spec"]["resources"] == {"requests": {"storage": "7Gi"}}
    assert claim.plain["spec"]["storageClassName"] == "fast"
    engine = consumed(volumeClaim="mine")
    assert not engine.all(CLAIM)
    volumes = {each["name"]: each for each in pod(engine)["spec"]["volumes"]}
    assert volumes["backups"]["persistentVolumeClaim"] == {"claimName": "mine"}
    assert engine.exports["volumeClaim"] == "mine"


def test_every_setting_is_in_the_readme() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (FOLDER / "README.md").read_text(), re.MULTILINE)
    assert rows == list(SCHEMA)
