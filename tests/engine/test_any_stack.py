"""Any stack can be previewed in the sandbox, whatever it names in an account of its own."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.engine import counterparts, overlay
from sandbox.engine import stack as engine_stack
from tests.conftest import ROOT
from tests.engine.aws import AwsStack
from tests.engine.azure import AzureStack
from tests.engine.cloud import CloudStack
from tests.engine.gcp import GcpStack
from tests.stack_files import with_options

CLOUDS: dict[str, type[CloudStack]] = {"aws": AwsStack, "azure": AzureStack, "gcp": GcpStack}
STACKS = ROOT / "tests" / "data" / "stacks"
FILES = sorted(file for cloud in CLOUDS for file in STACKS.glob(f"Pulumi.{cloud}-*.yaml"))
SAMPLES = [ROOT / f"Pulumi.{cloud}.yaml" for cloud in CLOUDS]
"""With all options that are comments in them."""
FOREIGN = ("210987654321", "9f8e7d6c", "company-network", "company-clusters", "example.com/charts")
"""In what the stacks name in their own accounts; the simulated cloud has none of it."""


@pytest.mark.parametrize("file", [*FILES, *SAMPLES], ids=lambda file: file.name)
def test_stack_with_an_account_of_its_own_can_be_previewed(
    file: Path, engine: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = with_options(file) if file in SAMPLES else file.read_text()
    given: dict[str, Any] = yaml.safe_load(text)["config"]
    stack = CLOUDS[given["coder:cloud"]](tmp_path / "coder", engine)
    monkeypatch.setenv("SANDBOX_CLOUDS", str(stack.folder))
    monkeypatch.setattr(counterparts.network, "CHARTS_URL", engine["CHARTS_URL"])
    own = engine_stack.Stack(file.name.split(".")[1], STACKS)
    overrides = overlay.overridden(own, copy.deepcopy(given))
    for key in changed(given, overrides.config):
        assert [line for line in overrides.lines if line.startswith(key)], f"{key} is not printed"
    stack.settings = overrides.config
    stack.set()
    printed = stack.preview()
    assert "postgres-server" in printed
    settings = {key: each for key, each in stack.settings.items() if "coder:" in key}
    named = str({**settings, "coder:server": {}})  # keys and identities are only passed on
    assert not [word for word in FOREIGN if word in named]


def changed(given: dict[str, Any], used: dict[str, Any]) -> set[str]:
    """The settings that the stack sets and the sandbox changes, as the sandbox prints them."""
    found = set()
    for key, value in given.items():
        other, name = used.get(key), key.removeprefix("coder:")
        if not (isinstance(value, dict) and isinstance(other, dict)) or name == "cluster":
            found |= {name} if value != other else set()
        else:
            found |= {f"{name}.{part}" for part in value if value[part] != other.get(part)}
    return found
