"""An instance that was changed outside is refused before Cloud SQL would answer with error 412."""

from typing import Any

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
