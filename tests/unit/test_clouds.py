"""Contract tests: what each cloud's folder must provide, so that no other module names a cloud."""

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pydantic.alias_generators import to_camel

import settings
from components import setting_model
from components.clouds import CLOUDS, Cloud
from components.connection import PostgresConnection
from components.server.discovery import Discovery
from components.server.policy import ServerPolicy
from components.server.settings import SIZES, ServerSettings
from components.setting_model import SettingModel
from tests.conftest import ROOT
from tests.unit.fakes import FAKES
from tests.unit.pretend import deploy

CLOUD_FILES = ("settings.py", "policy.py", "discovery.py", "postgres.py")
"""The files that every cloud's folder has."""
SERVER_CLOUD_FILES = (*CLOUD_FILES, "network.py", "machines.py", "recovery.py")
"""The files that the folder of a cloud has if it creates a server."""
SDK = re.compile(r"pulumi_(aws|azure|azure_native|gcp)\b")

every_cloud = pytest.mark.parametrize("name", CLOUDS)
POLICIES = {name: cloud.POLICY for name, cloud in CLOUDS.items() if cloud.POLICY}
every_cloud_with_servers = pytest.mark.parametrize("name", POLICIES)


def policy(name: str) -> ServerPolicy:
    found = CLOUDS[name].POLICY
    assert found
    return found


@every_cloud
def test_cloud_folder_has_the_required_files(name: str) -> None:
    files = {path.name for path in (ROOT / "components" / name).iterdir()}
    assert set(SERVER_CLOUD_FILES if CLOUDS[name].POLICY else CLOUD_FILES) <= files


@every_cloud
def test_cloud_implements_the_protocol(name: str) -> None:
    offered = {member for member in vars(Cloud) if not member.startswith("_")}
    cloud = CLOUDS[name]
    assert offered <= set(vars(cloud))
    assert issubclass(cloud.Settings, SettingModel)
    assert list(inspect.signature(cloud.discover).parameters) == ["request"]
    assert list(inspect.signature(cloud.traits).parameters) == ["asked", "own"]
    found = inspect.signature(cloud.discover).return_annotation
    assert issubclass(found, Discovery)
    assert dataclasses.fields(found), "a discovery is a record"
    assert cloud.Postgres.__annotations__["connection"] is PostgresConnection


@every_cloud
def test_cloud_has_a_sample_stack(name: str) -> None:
    assert f"coder:cloud: {name}" in (ROOT / f"Pulumi.{name}.yaml").read_text()


def models(model: type[SettingModel], key: str = "") -> list[tuple[str, type[SettingModel]]]:
    """The model and all that it contains, each with its key."""
    found = [(key, model)]
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, SettingModel):
            found += models(field.annotation, f"{key}.{field.alias}".lstrip("."))
    return found


@every_cloud
def test_unknown_keys_are_refused_in_every_object(name: str) -> None:
    objects = [key for key, _ in models(CLOUDS[name].Settings) if key]
    assert objects
    for key in objects:
        data: dict[str, Any] = {}
        inner = data
        for part in key.split("."):
            inner[part] = {}
            inner = inner[part]
        inner["unheardOf"] = 1
        _, lines = setting_model.parse(CLOUDS[name].Settings, data)
        assert [line for line in lines if line.startswith(f"{key}.unheardOf: no such key")], lines


@every_cloud
def test_components_and_models_call_no_look_ups(name: str) -> None:
    """Only discovery calls look-ups."""
    for path in (ROOT / "components" / name).glob("*.py"):
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not {call for call in calls if call.startswith("get_")}, path.name


@every_cloud_with_servers
def test_each_setting_has_exactly_one_effect(name: str) -> None:
    neutral = {
        to_camel(field.name)
        for field in dataclasses.fields(ServerSettings)
        if field.name not in ("spec", "version", "apply_immediately")
    }
    own = {key: model for key, model in models(CLOUDS[name].Settings) if key == "server"}
    asked = {f"server.{field.alias}" for field in own["server"].model_fields.values()}
    settings = [effect.setting for effect in policy(name).effects]
    assert len(settings) == len(set(settings))
    assert set(settings) == neutral | asked | {"postgresVersion"}


@every_cloud_with_servers
def test_policy_is_consistent(name: str) -> None:
    limits = policy(name)
    assert tuple(limits.sizes) == SIZES
    machines = [*limits.sizes.values(), limits.machine_example]
    assert all(limits.machine.fullmatch(machine) for machine in machines)
    assert 0 not in limits.backup_days, "backups are never switched off"
    assert limits.storage.minimum < limits.storage.maximum
    assert limits.labels.name.fullmatch(limits.labels.stack)
    assert limits.labels.name.fullmatch(limits.labels.zone)
    assert limits.labels.value.fullmatch(limits.labels.spelled("coder/dev"))
    assert limits.deletion_guards, "the cloud itself must refuse a deletion, too"
    assert limits.final_backup


NEUTRAL = sorted(
    path
    for path in (ROOT / "components").rglob("*.py")
    if not set(path.relative_to(ROOT / "components").parts) & set(CLOUDS)
)


@pytest.mark.parametrize("path", NEUTRAL, ids=[str(p.relative_to(ROOT)) for p in NEUTRAL])
def test_neutral_modules_import_no_cloud(path: Path) -> None:
    text = path.read_text()
    assert not SDK.search(text)
    rooms = re.findall(rf"from components\.({'|'.join(CLOUDS)})\b", text)
    assert not rooms or path.name == "clouds.py"


def test_server_modules_load_no_cloud_sdk() -> None:
    modules = [path.stem for path in (ROOT / "components" / "server").glob("[a-z]*.py")]
    imports = "; ".join(f"import components.server.{module}" for module in modules)
    program = f"{imports}; import sys; print([m for m in sys.modules if m.startswith('pulumi_')])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    loaded = ast.literal_eval(done.stdout)
    assert not [module for module in loaded if SDK.match(module)]


@every_cloud
def test_created_servers_can_be_imported_after_a_killed_update(name: str) -> None:
    assert bool(CLOUDS[name].IMPORT_IDS) == (name in POLICIES)


@every_cloud_with_servers
def test_component_can_be_used_twice_in_one_program(name: str) -> None:
    def program() -> None:
        stack = settings.load()
        for component in ("first", "second"):
            stack.cloud.Postgres(component, stack.postgres, pulumi.ResourceOptions())

    cloud = FAKES[name]()
    deploy(cloud.stack(), secrets=(), engine=cloud, program=program)
    names = [each.name for each in cloud.asked]
    assert len(names) == len(set(names))
    hooks = [name for each in cloud.asked for kind in each.hooks.values() for name in kind]
    assert len(hooks) == len(set(hooks)), "the engine refuses a second hook of one name"
    assert {"first-server: change rules", "second-server: change rules"} <= set(hooks)


KEEPERS = {"aws": None, "azure": None, "gcp": {"generation": "1"}}
"""Of the first generation, as in the states of earlier versions: others would change passwords."""


@every_cloud_with_servers
def test_password_generation_rotates_the_admin_password(name: str) -> None:
    keepers = {}
    for generation in (1, 2, 3):
        cloud = FAKES[name]()
        cloud.run(passwordGeneration=generation)
        keepers[generation] = cloud.named("postgres-admin-password").plain.get("keepers")
    assert keepers == {1: KEEPERS[name], 2: {"generation": "2"}, 3: {"generation": "3"}}


def test_importing_the_program_loads_no_cloud_sdk_module() -> None:
    # Importing their classes takes a second, also for stacks of another cloud.
    program = "import settings, sys; print([m for m in sys.modules if m.startswith('pulumi_')])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    )
    loaded = ast.literal_eval(done.stdout)
    assert "pulumi_kubernetes.core.v1._inputs" in loaded
    # Every module of an SDK, such as pulumi_aws.ec2, has one of these.
    assert not [name for name in loaded if re.fullmatch(rf"{SDK.pattern}\.\w+\._inputs", name)]
