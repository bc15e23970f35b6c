"""The difference between old and new inputs, in the engine's terms."""

from typing import Any, ClassVar

from pulumi.provider.experimental.provider import PropertyDiffKind

from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.resource import Input, Inputs, Resource

OLD = {"name": "a", "size": 1, "labels": {"x": "1", "y": "2"}, "parts": [{"n": 1}, {"n": 2}]}


class Disk(Resource):
    inputs: ClassVar[Inputs] = {
        "name": Input("string", replaces=True),
        "size": Input("integer"),
        "labels": Input("map"),
        "parts": Input("list", fields={"n": Input("integer"), "zone": Input(replaces=True)}),
    }

    def delete_before_replace(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        return old["name"] == new["name"]


def kinds(new: dict[str, Any], *ignored: str) -> dict[str, PropertyDiffKind]:
    found = difference(Disk(), OLD, {}, OLD | new, ignored)
    assert found.changes == bool(found.detailed_diff)
    return {path: each.kind for path, each in (found.detailed_diff or {}).items()}


def test_unchanged_inputs_have_no_difference() -> None:
    assert kinds({}) == {}
    assert kinds({"zone": None}) == {}, "None is as if it were not given"


def test_smallest_changed_parts_are_named() -> None:
    new = {"labels": {"x": "1", "z": "3"}, "parts": [{"n": 1}, {"n": 3}]}
    assert kinds(new) == {
        "labels.y": PropertyDiffKind.DELETE,
        "labels.z": PropertyDiffKind.ADD,
        "parts[1].n": PropertyDiffKind.UPDATE,
    }


def test_replacing_input_replaces_in_any_part() -> None:
    found = difference(Disk(), OLD, {}, OLD | {"name": "b", "size": 2}, ())
    assert (found.replaces, found.diffs) == (["name"], ["name", "size"])
    assert kinds({"parts": [{"n": 1}, {"n": 2, "zone": "a"}]}) == {
        "parts[1].zone": PropertyDiffKind.ADD_REPLACE
    }


def test_resource_decides_whether_its_replacement_waits_for_the_deletion() -> None:
    moved = OLD | {"parts": [{"n": 1}, {"n": 2, "zone": "a"}]}
    assert difference(Disk(), OLD, {}, moved, ()).delete_before_replace is True
    assert difference(Disk(), OLD, {}, OLD | {"name": "b"}, ()).delete_before_replace is False
    assert difference(Disk(), OLD, {}, OLD | {"size": 2}, ()).delete_before_replace is False


def test_ignored_changes_are_left_out() -> None:
    new = {"size": 2, "labels": {"x": "2", "y": "2"}, "parts": [{"n": 2}, {"n": 2}]}
    assert kinds(new, "labels", "parts") == {"size": PropertyDiffKind.UPDATE}
    assert kinds(new, "labels.x", "parts[0]") == {"size": PropertyDiffKind.UPDATE}
