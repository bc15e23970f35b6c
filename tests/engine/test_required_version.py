"""A Pulumi CLI that is too old for the program says so in one line, before the program runs."""

import re

import pytest
import yaml

from sandbox.tools.programs import MODULES
from tests.conftest import ROOT
from tests.engine.stack import Stack

REQUIRED = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"]
MODULE = (MODULES / "pulumi" / "go.mod").read_text()
[TESTED] = re.findall(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", MODULE)


@pytest.mark.parametrize("command", ["preview", "up --yes", "refresh --yes", "destroy --yes"])
def test_cli_outside_the_required_range_is_refused_in_one_line(stack: Stack, command: str) -> None:
    project = stack.folder / "Pulumi.yaml"
    project.write_text(f'{project.read_text()}requiredPulumiVersion: "<{TESTED}"\n')
    stack.program("raise AssertionError")
    line = f'error: Pulumi CLI version {TESTED} does not satisfy the version range "<{TESTED}"\n'
    assert stack.fails(*command.split()) == line


def test_required_version_is_the_tested_one() -> None:
    assert f">={TESTED}" == REQUIRED
