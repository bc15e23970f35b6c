"""The difference between old and new inputs, as the engine expects it."""

from collections.abc import Iterable
from typing import Any

from pulumi.provider.experimental.provider import DiffResponse, PropertyDiff, PropertyDiffKind

from sandbox.providers.framework.resource import Resource
from sandbox.providers.framework.values import Path, at, written


def difference(
    resource: Resource,
    old_inputs: dict[str, Any],
    state: dict[str, Any],
    new: dict[str, Any],
    ignored: Iterable[str],
) -> DiffResponse:
    """The changed paths, and which of them replace the resource."""
    old = resource.before(old_inputs, state)
    changed = [path for path in resource.changes(old, new) if not _ignored(path, ignored)]
    replacing = {written(path) for path in changed if resource.replaces(path, old, new)}
    return DiffResponse(
        changes=bool(changed),
        replaces=sorted(replacing),
        diffs=sorted({str(path[0]) for path in changed}),
        detailed_diff={
            written(path): PropertyDiff(_kind(path, old, new, written(path) in replacing), True)
            for path in changed
        },
        delete_before_replace=bool(replacing) and resource.delete_before_replace(old, new),
    )


def _ignored(path: Path, patterns: Iterable[str]) -> bool:
    text = written(path)
    return any(text == one or text.startswith((f"{one}.", f"{one}[")) for one in patterns)


def _kind(
    path: Path, old: dict[str, Any], new: dict[str, Any], replacing: bool
) -> PropertyDiffKind:
    if at(old, path) is None:
        return PropertyDiffKind.ADD_REPLACE if replacing else PropertyDiffKind.ADD
    if at(new, path) is None:
        return PropertyDiffKind.DELETE_REPLACE if replacing else PropertyDiffKind.DELETE
    return PropertyDiffKind.UPDATE_REPLACE if replacing else PropertyDiffKind.UPDATE
