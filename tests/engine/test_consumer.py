"""examples/consumer on the real engine: stacks that it can't use are refused in one line."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.engine.stack import Stack

MISSING = 'Preview failed: unknown stack "organization/coder/prod"'
DOWN = "stack organization/coder/prod has no outputs: it is not up; run `pulumi up` in it"
NEWER = "stack organization/coder/prod has contractVersion 2, and this program knows 1"


@pytest.fixture
def coder(engine: dict[str, str], tmp_path: Path) -> Stack:
    return Stack(tmp_path / "coder", engine, "prod")


@pytest.fixture
def consumer(coder: Stack, tmp_path: Path) -> Stack:
    """The project, in the backend of the Coder stack."""
    made = Stack(tmp_path / "coder-backup", coder.environment)
    ignored = shutil.ignore_patterns("venv", "__pycache__", "Pulumi.*.yaml")
    shutil.copytree(ROOT / "examples" / "consumer", made.folder, ignore=ignored, dirs_exist_ok=True)
    project = yaml.safe_load((made.folder / "Pulumi.yaml").read_text()) | {"runtime": "python"}
    (made.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))
    made.environment["PULUMI_BACKEND_URL"] = coder.environment["PULUMI_BACKEND_URL"]
    assert made.run("stack", "init", "dev").returncode == 0
    assert made.run("config", "set", "coderStack", "organization/coder/prod").returncode == 0
    return made


def test_a_stack_that_is_not_up_or_newer_is_refused_in_one_line(
    coder: Stack, consumer: Stack
) -> None:
    assert errors(consumer) == [DOWN]
    coder.program("pulumi.export('contractVersion', 2)").up()
    [error] = errors(consumer)
    assert error.startswith(NEWER)


def test_a_stack_that_does_not_exist_is_named(coder: Stack, consumer: Stack) -> None:
    assert coder.run("stack", "rm", "--yes", "--preserve-config").returncode == 0
    assert errors(consumer) == [MISSING]


def errors(stack: Stack) -> list[str]:
    """What a failed preview says, without the engine's own words of the failure."""
    said = stack.fails("preview").partition("Diagnostics:")[2].splitlines()
    lines = [line.strip().removeprefix("error: ") for line in said if " error: " in line]
    return [line for line in lines if not line.startswith(("an unhandled error", "preview failed"))]
