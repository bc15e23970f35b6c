"""The runbook's recipes for changes that are the cloud's alone, on each simulated cloud."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.aws import AwsStack
from tests.engine.azure import AzureStack
from tests.engine.cloud import CloudStack, changes
from tests.engine.gcp import GcpStack

Clouds = Callable[[type[CloudStack]], CloudStack]


@pytest.fixture(scope="module")
def stack_of(engine: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Clouds:
    """One stack of each cloud, which the recipes change one after the other."""
    stacks: dict[type[CloudStack], CloudStack] = {}

    def stack(kind: type[CloudStack]) -> CloudStack:
        if kind not in stacks:
            folder: Path = tmp_path_factory.mktemp("runbook") / "coder"
            stacks[kind] = kind(folder, engine).set(postgresVersion="16")
            stacks[kind].up()
        return stacks[kind]

    return stack


each_cloud = pytest.mark.parametrize("kind", [AwsStack, AzureStack, GcpStack])


def in_place(said: str) -> None:
    """Assert that the updates changed the server in place."""
    assert "updated" in changes(said)
    assert not changes(said) & {"created", "deleted", "replaced"}, said


@each_cloud
def test_storage_grows(kind: type[CloudStack], stack_of: Clouds) -> None:
    stack = stack_of(kind)
    in_place(stack.follow("Let the storage grow"))
    assert sizes(stack)[0] == 128


@each_cloud
def test_the_machine_becomes_a_bigger_one(kind: type[CloudStack], stack_of: Clouds) -> None:
    stack = stack_of(kind)
    in_place(stack.follow("Move to a bigger machine"))
    bigger = {"aws": "db.m6i.xlarge", "azure": "Standard_D4ds_v5", "gcp": "db-custom-4-16384"}
    assert sizes(stack)[1] == bigger[kind.cloud_name]


@each_cloud
def test_a_standby_is_added(kind: type[CloudStack], stack_of: Clouds) -> None:
    stack = stack_of(kind)
    in_place(stack.follow("Add a standby"))
    server = stack.instance()
    standby = {
        "aws": lambda: server["multiAz"],
        "azure": lambda: server["highAvailability"]["mode"] == "SameZone",
        "gcp": lambda: server["settings"]["availabilityType"] == "REGIONAL",
    }
    assert standby[kind.cloud_name]()


@each_cloud
def test_postgresql_is_upgraded(kind: type[CloudStack], stack_of: Clouds) -> None:
    stack = stack_of(kind)
    in_place(stack.follow("Upgrade PostgreSQL"))
    server = stack.instance()
    version = {"aws": "engineVersionActual", "azure": "version", "gcp": "databaseVersion"}
    assert "17" in server[version[kind.cloud_name]]


def sizes(stack: CloudStack) -> tuple[int, str]:
    """The storage and the machine of the stack's server."""
    server = stack.instance()
    if stack.cloud_name == "aws":
        return server["allocatedStorage"], server["instanceClass"]
    if stack.cloud_name == "azure":
        return server["storage"]["storageSizeGB"], server["sku"]["name"]
    return server["settings"]["diskSize"], server["settings"]["tier"]
