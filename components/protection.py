"""Refuses, already at preview, what would replace or delete a protected resource."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

Refusal = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""Of old and new inputs: the line that refuses their difference, or None."""


def guard(
    name: str, what: str, refuse: Refusal | None = None, *, protect: bool
) -> pulumi.ResourceHookBinding | None:
    """Hooks that let `what` be made and changed, yet neither replaced nor deleted.

    `refuse` may refuse an update in place too. Without `protect` there are none.
    """
    if not protect:
        return None

    def before_delete(args: pulumi.ResourceHookArgs) -> None:
        raise pulumi.RunError(
            f"protect: {what} would be deleted or replaced, with all that is in it. Nothing was "
            "touched. If that is wanted: `pulumi config set protect false`, `pulumi up`, then again"
        )

    binding = refuse_update(name, refuse) if refuse else pulumi.ResourceHookBinding()
    binding.before_delete = [_hook(f"{name}-delete", before_delete)]
    return binding


def refuse_update(name: str, refuse: Refusal) -> pulumi.ResourceHookBinding:
    """A hook that refuses an update in place where `refuse` has a line for it."""

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        if line := refuse(args.old_inputs or {}, args.new_inputs or {}):
            raise pulumi.RunError(line)

    return pulumi.ResourceHookBinding(before_update=[_hook(f"{name}-update", before_update)])


def _hook(name: str, run: Callable[[pulumi.ResourceHookArgs], None]) -> pulumi.ResourceHook:
    return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))
