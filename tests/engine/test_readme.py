"""The README's commands, typed as they are written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

COMMANDS = re.findall(
    r"^.*cp Pulumi\..*pulumi stack init \S+|^pulumi stack init .*cp Pulumi\..*",
    (ROOT / "README.md").read_text(),
    re.M,
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_new_stack_keeps_its_encryption_and_its_settings(
    command: str, engine: dict[str, str], tmp_path: Path
) -> None:
    for file in ROOT.glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "backend").mkdir()
    environment = engine | {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}"}
    subprocess.run(["sh", "-ec", command], cwd=tmp_path, env=environment, check=True)
    written = yaml.safe_load((tmp_path / "Pulumi.prod.yaml").read_text())
    assert written["encryptionsalt"]
    assert written["config"]["coder:cloud"]


def test_there_are_such_commands() -> None:
    assert len(COMMANDS) == 2
