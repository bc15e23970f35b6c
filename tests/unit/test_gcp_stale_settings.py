"""An instance that was changed outside is refused before Cloud SQL would answer with error 412."""

from typing import Any

import pulumi
import pytest

from tests.unit.gcp import NAME, Gcp


def state(version: float | None) -> dict[str, Any]:
    """The arguments of the hooks of an update, from a state with that version of the settings."""
    settings = {} if version is None else {"version": version}
    return {"old_inputs": {}, "new_inputs": {}, "old_outputs": {"settings": settings}}


def test_older_settings_in_the_state_are_refused_with_the_command_to_type() -> None:
    cloud = Gcp()
    cloud.run(running={"settings": {"version": 5}})
    assert cloud.refused_by_hooks("before_update", **state(4.0)) == (
        f"Instance {NAME} was changed outside of this stack, or by a killed update: Cloud SQL has "
        "version 5 of its settings, the state 4; type `pulumi refresh`, then `pulumi up`"
    )


def test_storage_that_has_grown_is_refused_before_an_update_would_shrink_it() -> None:
    cloud = Gcp()
    cloud.run(running={"settings": {"diskSize": 69}})
    state = {"settings": {"diskSize": 64.0}}
    line = cloud.refused_by_hooks("before_update", old_inputs={}, new_inputs={}, old_outputs=state)
    assert line.startswith(f"storageGb: the storage of instance {NAME} has grown to 69 GB, and")
    said = {"old_inputs": {}, "new_inputs": {}, "old_outputs": {"settings": {"diskSize": 69.0}}}
    assert cloud.said_by_hooks("before_update", **said) == []


def test_settings_of_the_same_version_are_accepted() -> None:
    cloud = Gcp()
    cloud.run(running={"settings": {"version": 5}})
    assert cloud.said_by_hooks("before_update", **state(5.0)) == []
    assert cloud.said_by_hooks("before_update", **state(None)) == []


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"databaseVersion": "POSTGRES_18"}, "postgresVersion"),
        ({"settings": {"edition": "ENTERPRISE_PLUS"}}, "server.edition"),
    ],
)
def test_refused_change_that_would_not_be_sent_again_is_refused(
    change: dict[str, Any], setting: str
) -> None:
    cloud = Gcp()
    cloud.run(running={})
    old = {"databaseVersion": "POSTGRES_17", "settings": {"edition": "ENTERPRISE"}}
    call = {"old_inputs": old, "new_inputs": old | change}
    (name,) = (
        each
        for each in cloud.named("postgres-server").hooks["before_update"]
        if each.endswith("changes outside of the stack")
    )
    with pytest.raises(pulumi.RunError) as error:
        cloud.call_hook(name, **call, old_outputs=old | change)
    assert str(error.value) == (
        f"{setting}: the last update failed, only the state has its value, and this update would "
        "not ask again; type `pulumi refresh`, then `pulumi up`"
    )
    cloud.call_hook(name, **call, old_outputs=old)
    cloud.call_hook(name, old_inputs=old, new_inputs=old, old_outputs=old | change)
