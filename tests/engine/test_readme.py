"""The documents' commands that make a new stack, typed as they are written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.documents import DOCUMENTS, shell_blocks

BLOCKS = [
    pytest.param(block, id=str(document.relative_to(ROOT)))
    for document in DOCUMENTS
    for block in shell_blocks(document.read_text())
    # Those with a KMS are in test_secrets_provider.py.
    if "pulumi stack init" in block and "secrets-provider" not in block
]
EXPECTED = {
    "aws": {"aws:region": "eu-central-1", "coder:cluster": {"name": "my-cluster"}},
    "azure": {
        "coder:cluster": {"name": "my-cluster", "resourceGroup": "my-resource-group"},
    },
    "existing": {"coder:kubeContext": "my-cluster"},
    "gcp": {
        "gcp:project": "my-project",
        "coder:cluster": {"name": "my-cluster", "location": "europe-west3"},
    },
}
"""Some settings of each cloud after the commands."""
CONSUMER = {"coder-backup:coderStack": "organization/coder/prod"}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_new_stack_keeps_its_encryption_and_its_settings(
    block: str, engine: dict[str, str], tmp_path: Path
) -> None:
    folder = re.match(r"cd (\S+)$", block, re.MULTILINE)
    for file in (ROOT / (folder[1] if folder else "")).glob("Pulumi*.yaml"):
        shutil.copy(file, tmp_path)
    (tmp_path / "backend").mkdir()
    environment = engine | {"PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}"}
    # Without what installs packages, asks AWS, or deploys.
    commands = [
        line
        for line in block.splitlines()
        if re.match(r"cp |pulumi (stack init|config) ", line) or "pulumi stack init" in line
    ]
    subprocess.run(
        ["sh", "-ec", "\n".join(commands)],
        cwd=tmp_path,
        env=environment,
        check=True,
        input="typed-password\n",
        text=True,
    )
    text = (tmp_path / "Pulumi.prod.yaml").read_text()
    written = yaml.safe_load(text)
    assert written["encryptionsalt"]
    config = written["config"]
    expected = CONSUMER if folder else EXPECTED[config["coder:cloud"]]
    assert config.items() >= expected.items()
    assert "typed-password" not in text
    listed = ["pulumi", "config", "--show-secrets", "--stack", "prod", "--json"]
    shown = subprocess.run(listed, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (b"typed-password" in shown.stdout) == ("--secret" in block)


def test_there_is_such_a_block_for_each_cloud() -> None:
    texts = "".join(str(block.values[0]) for block in BLOCKS)
    assert set(re.findall(r"cp Pulumi\.(\w+)\.yaml", texts)) == set(EXPECTED)
