"""The sample stack files can be deployed once names and passwords are filled in."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.stacks import SAMPLES
from components import setting_model
from components.clouds import CLOUDS
from reader import OBJECTS
from tests.conftest import ROOT
from tests.stack_files import with_options
from tests.unit.fake_cloud import FakeCloud
from tests.unit.fakes import FAKES
from tests.unit.pretend import Engine, deploy
from tests.unit.stacks import ADMIN_PASSWORD, DEFAULTS, SCHEMA, Stack

FILES = [ROOT / f"Pulumi.{name}.yaml" for name in sorted(SAMPLES)]
"""Stacks of somebody's own may be beside them."""


def settings(file: Path, *, options: bool = False) -> Stack:
    """The file's settings; each key must be in Pulumi.yaml or belong to a provider."""
    text = with_options(file) if options else file.read_text()
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    names = {key.partition(":")[2]: value for key, value in config.items() if "coder:" in key}
    of_providers = {"aws:region", "azure-native:subscriptionId", "gcp:project"}
    assert {key for key in config if "coder:" not in key} <= of_providers
    assert names.keys() <= SCHEMA.keys()
    return names


def test_each_cloud_has_a_sample_file() -> None:
    assert {settings(file)["cloud"] for file in FILES} == set(CLOUDS)


def deployed_sample(file: Path) -> Engine:
    """What the file's stack makes, once names and passwords are filled in."""
    given = DEFAULTS | settings(file)
    engine = FAKES.get(given["cloud"], Engine)()
    if isinstance(engine, FakeCloud):
        given = engine.stack() | given | {"cluster": engine.stack()["cluster"]}
    else:
        given["existing"] = given["existing"] | {"adminPassword": ADMIN_PASSWORD}
    deploy(given, engine=engine)
    return engine


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_sample_file_can_be_deployed(file: Path) -> None:
    engine = deployed_sample(file)
    assert ("postgres-server" in engine.names) == (settings(file)["cloud"] in FAKES)
    assert engine.exports["databaseName"] == "coder"


@pytest.mark.parametrize("file", [file for file in FILES if file.name != "Pulumi.dev.yaml"])
def test_options_of_a_sample_file_are_settings_of_its_cloud(file: Path) -> None:
    given = settings(file, options=True)
    assert len(given) >= len(settings(file)) + 4
    wanted = {key: given[key] for key in OBJECTS if key in given}
    model, problems = setting_model.parse(CLOUDS[given["cloud"]].Settings, wanted)
    assert model, problems
