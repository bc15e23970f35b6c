"""The simulated Google Cloud project of a test."""

import collections.abc
import copy
from typing import Any

import pytest

from sandbox.providers.framework import validation
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.resource import Resource
from sandbox.providers.gcp.account import PROJECT as PROJECT_ID
from sandbox.providers.gcp.account import REGION
from sandbox.providers.gcp.project import Project
from sandbox.providers.gcp.provider import Gcp

NETWORK, BARE = (f"projects/{PROJECT_ID}/global/networks/{name}" for name in ("dev", "bare"))
SETTINGS: dict[str, Any] = {
    "tier": "db-custom-2-8192",
    "edition": "ENTERPRISE",
    "diskSize": 20,
    "locationPreference": {"zone": "us-east1-b"},
    "backupConfiguration": {"enabled": True},
    "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": NETWORK},
}
GOOD: dict[str, Any] = {
    "name": "one",
    "project": PROJECT_ID,
    "region": REGION,
    "databaseVersion": "POSTGRES_17",
    "deletionProtection": False,
}
INSTANCE = Gcp.resources["gcp:sql/databaseInstance:DatabaseInstance"]
USER = Gcp.resources["gcp:sql/user:User"]
DATABASE = Gcp.resources["gcp:sql/database:Database"]
ADDRESS = Gcp.resources["gcp:compute/globalAddress:GlobalAddress"]
CONNECTION = Gcp.resources["gcp:servicenetworking/connection:Connection"]
PROJECT = Project(PROJECT_ID)


def operation(timeout: float = 5) -> Operation:
    config = {"project": PROJECT_ID, "region": REGION}
    return Operation(engine=Engine(""), config=config, urn="u::one", timeout=timeout)


def checked(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Valid inputs with defaults filled in, as Check returns them.

    A setting is named by its path, as in `{"locationPreference.zone": "us-east1-c"}`.
    """
    wanted = {**GOOD, "settings": copy.deepcopy(SETTINGS), **changes}
    for path, value in (settings or {}).items():
        *outer, last = path.split(".")
        within = wanted["settings"]
        for key in outer:
            within = within.setdefault(key, {})
        within[last] = copy.deepcopy(value)
        if value is None:
            del within[last]
    validation.fill_defaults(wanted, INSTANCE.inputs)
    return {key: value for key, value in wanted.items() if value is not None}


def make(settings: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The state of a new instance."""
    inputs = checked(settings, **changes)
    _, outputs = INSTANCE.create(operation(), inputs)
    return {**inputs, **outputs}


def update(
    state: dict[str, Any], settings: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """The state after an update to valid inputs with these changes."""
    inputs = checked(settings, **changes)
    return {**inputs, **INSTANCE.update(operation(), inputs["name"], state, inputs)}


def refreshed(state: dict[str, Any]) -> dict[str, Any]:
    found = INSTANCE.read(operation(), state["name"], state)
    assert found
    found.pop("id")
    return found


def changed(
    state: dict[str, Any], settings: dict[str, Any] | None = None, **changes: Any
) -> tuple[set[str], set[str]]:
    """The paths that an update would change, and those of them that replace."""
    found = difference(INSTANCE, {}, state, checked(settings, **changes), ())
    return set(found.detailed_diff or ()), set(found.replaces or ())


def record(name: str = "one") -> dict[str, Any]:
    """What the project stores of an instance."""
    return PROJECT.read()["instances"][name]


def ask(token: str, **arguments: Any) -> dict[str, Any]:
    """The result of a provider function."""
    return Gcp.functions[token](operation(), arguments)


def refused(action: collections.abc.Callable[[], Any]) -> str:
    """The message of an action that fails and changes nothing in the project."""
    before = PROJECT.read()
    with pytest.raises(Failure) as error:
        action()
    assert PROJECT.read() == before, "a refused action changed the project"
    return str(error.value)


def changes(resource: Resource, state: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """The changes from the state to the new inputs."""
    return set(difference(resource, {}, state, new, ()).diffs)
