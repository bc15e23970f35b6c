"""A Pulumi CLI that is too old for the program says so in one line, before the program runs."""

import re

import pytest
import yaml

from sandbox.tools.programs import TOOLS
from tests.conftest import ROOT
from tests.engine.stack import Stack


@pytest.mark.parametrize("command", ["preview", "up --yes", "refresh --yes", "destroy --yes"])
def test_cli_outside_the_required_range_is_refused_in_one_line(stack: Stack, command: str) -> None:
    project = stack.folder / "Pulumi.yaml"
    project.write_text(f'{project.read_text()}requiredPulumiVersion: ">=99.0.0"\n')
    stack.program("raise AssertionError")
    line = r'error: Pulumi CLI version 3\.\S+ does not satisfy the version range ">=99\.0\.0"\n'
    assert re.fullmatch(line, stack.fails(*command.split()))


def test_required_version_is_the_tested_one() -> None:
    required = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["requiredPulumiVersion"]
    [tested] = [tool.version for tool in TOOLS if tool.name == "pulumi"]
    assert required == f">={tested}"
