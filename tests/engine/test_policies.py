"""Each rule of the policy pack in the real engine: stacks that pass and stacks that fail."""

import json
import re
from pathlib import Path

import pytest

from sandbox.machine import paths
from tests.engine.aws import AwsStack
from tests.engine.azure import AzureStack
from tests.engine.cloud import CloudStack
from tests.engine.gcp import GcpStack
from tests.engine.stack import Stack
from tests.engine.test_kubernetes import kubeconfig

PACK = ("--policy-pack", str(paths.ROOT / "policy"))
PROGRAMS = Path(__file__).with_name("policies")
CANARY = "pl4nted"
"""In each secret of the programs."""
BAD = {
    "aws": {
        "backups": {"bad-server", "bad-unprotected"},
        "cluster-only": {"bad-group", "bad-rule", "bad-server"},
        "database-zone": {"bad-server"},
        "deletion-protection": {"bad-server"},
        "encryption": {"bad-server", "bad-unprotected"},
        "no-public-database": {"bad-server"},
        "server-requires-tls": {"bad-parameters", "bad-server"},
        "supported-version": {"bad-server"},
        "unprotected-database": {"bad-unprotected"},
    },
    "azure": {
        "backups": {"bad-server"},
        "cluster-only": {"bad-rule"},
        "database-zone": {"bad-server"},
        "deletion-protection": {"bad-server"},
        "encryption": {"bad-server"},
        "no-public-database": {"bad-server"},
        "server-requires-tls": {"require_secure_transport"},
        "supported-version": {"bad-server"},
    },
    "gcp": {
        rule: {"bad-server"}
        for rule in (
            "backups",
            "cluster-only",
            "database-zone",
            "deletion-protection",
            "encryption",
            "no-public-database",
            "server-requires-tls",
            "supported-version",
        )
    },
    "kubernetes": {
        "coder-verifies-tls": {"bad-gate", "bad-secret"},
        "generated-password": {"bad-leak"},
        "latency-gate": {"bad-coder"},
        "no-plain-password": {"bad-coder", "bad-gate", "bad-map"},
        "pinned-chart": {"bad-chart", "bad-coder"},
    },
}


def violations(said: str) -> dict[str, set[str]]:
    """The resources that violate each rule."""
    found: dict[str, set[str]] = {}
    for rule, name in re.findall(r"^ +- \[\w+\] +(\S+) +\(\S+: (\S+)\)$", said, re.MULTILINE):
        found.setdefault(rule, set()).add(name)
    return found


def program(name: str, engine: dict[str, str], folder: Path) -> CloudStack:
    """A stack of one of the programs that break rules."""
    stack_type = {"azure": AzureStack, "gcp": GcpStack}.get(name, AwsStack)
    stack = stack_type(folder / "coder", engine)
    (stack.folder / "__main__.py").write_text((PROGRAMS / f"{name}.py").read_text())
    # Without the schema of the program's settings.
    (stack.folder / "Pulumi.yaml").write_text("name: coder\nruntime: python\n")
    charts, cluster = f"{engine['CHARTS_URL']}/v2", json.dumps(kubeconfig())
    stack.set(charts=charts, kubeconfig=cluster, password=f"{CANARY}-password")
    return stack


def with_config(folder: Path, **rules: object) -> tuple[str, ...]:
    """The options for the pack with a configuration."""
    file = folder / "rules.json"
    file.write_text(json.dumps(rules))
    return (*PACK, "--policy-pack-config", str(file))


@pytest.mark.parametrize("name", sorted(BAD))
def test_each_violation_is_caught(name: str, engine: dict[str, str], tmp_path: Path) -> None:
    stricter = with_config(tmp_path, encryption={"customerKey": True}, backups={"minimumDays": 14})
    said = program(name, engine, tmp_path).fails("preview", *stricter)
    assert violations(said) == BAD[name]
    assert CANARY not in said
    assert "can't run policy" not in said


def test_documented_configurations_set_levels(engine: dict[str, str], tmp_path: Path) -> None:
    text = (paths.ROOT / "docs" / "policies.md").read_text()
    production, exception = map(json.loads, re.findall(r"^```json\n(.+?)^```", text, re.M | re.S))
    stack = AwsStack(tmp_path / "coder", engine).set(protect=False, backupDays=14)
    warning = stack.run("preview", *PACK)
    assert warning.returncode == 0
    assert violations(warning.stdout) == {"unprotected-database": {"postgres-server"}}
    said = stack.fails("preview", *with_config(tmp_path, **production))
    assert "[mandatory]  unprotected-database" in said
    assert set(violations(said)) == {"unprotected-database"}
    assert exception.keys() == {"latency-gate"}
    (tmp_path / "other").mkdir()
    stack = program("kubernetes", engine, tmp_path / "other")
    said = stack.fails("preview", *with_config(tmp_path, **exception))
    assert set(violations(said)) == BAD["kubernetes"].keys() - exception.keys()


@pytest.mark.parametrize("stack_type", [AwsStack, AzureStack, GcpStack])
def test_servers_of_the_program_pass(
    stack_type: type[CloudStack], engine: dict[str, str], tmp_path: Path
) -> None:
    stack = stack_type(tmp_path / "coder", engine)
    said = stack.run("preview", *PACK).stdout
    assert "✅ coder@v1.0.0" in said
    assert not violations(said)
    assert "can't run policy" not in said


def test_change_of_a_deployed_server_passes(engine: dict[str, str], tmp_path: Path) -> None:
    stack = AzureStack(tmp_path / "coder", engine)
    stack.up(*PACK)
    # A release that prefers the zone of the server; without a cluster, it can only be previewed.
    _, start, release = (PROGRAMS / "azure.py").read_text().partition("kubernetes.helm")
    main = stack.folder / "__main__.py"
    main.write_text(f"{main.read_text()}\nimport pulumi_kubernetes as kubernetes\n{start}{release}")
    stack.set(charts=f"{engine['CHARTS_URL']}/v2", kubeconfig=json.dumps(kubeconfig()))
    assert "✅ coder@v1.0.0" in stack.set(backupDays=14).run("preview", *PACK).stdout


def test_update_makes_no_resource_that_breaks_a_rule(
    engine: dict[str, str], tmp_path: Path
) -> None:
    stack = program("gcp", engine, tmp_path)
    main = stack.folder / "__main__.py"
    # The first violation or error stops the update, so the server must be alone.
    main.write_text(main.read_text().partition("kubernetes.helm")[0])
    said = stack.fails("up", "--yes", "--skip-preview", *PACK)
    assert violations(said)["no-public-database"] == {"bad-server"}
    assert "bad-server" not in {each["urn"].rpartition("::")[2] for each in stack.resources()}
    assert not list(stack.folder.glob("gcp/*.json")), "an account is written with its first change"


def test_password_that_is_generated_is_caught_by_the_update_and_every_later_preview(
    stack: Stack,
) -> None:
    stack.program(
        "import pulumi_random as random\n"
        "word = random.RandomPassword('word', length=32).result\n"
        "Thing('bad', size=1, password=pulumi.Output.concat('it is ', word))\n"
        "pulumi.export('word', word)\n"
    )
    leaks = {"generated-password": {"bad", "engine-dev"}}
    first = stack.fails("up", "--yes", "--skip-preview", *PACK)
    assert violations(first) == leaks
    assert violations(stack.fails("preview", *PACK)) == leaks
    (password,) = [thing["password"] for thing in stack.things().values()]
    assert password.removeprefix("it is ") not in first
