"""Refuses, already at preview, what would replace or delete a protected resource.

The engine puts a hook's name into its own words, also where it stops a `pulumi destroy` that does
not run the program; so each hook is named by what a person must know.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

Refusal = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""Of old and new inputs: the line that refuses their difference, or None."""


def protected(
    parent: pulumi.Resource,
    what: str,
    *,
    protect: bool,
    because: str = "",
    refuse: Refusal | None = None,
) -> pulumi.ResourceOptions:
    """Options of a child that, with `protect`, may be made and changed, not replaced or deleted.

    `because` names the settings that would do it; `refuse` may refuse an update in place too.
    """
    opts = pulumi.ResourceOptions(parent=parent, protect=protect)
    if not protect:
        return opts

    def before_delete(args: pulumi.ResourceHookArgs) -> None:
        raise pulumi.RunError(f"it would be deleted or replaced{because}; nothing was touched")

    name = f"{what} is protected; to let it go: pulumi config set protect false, then pulumi up"
    binding = pulumi.ResourceHookBinding(before_delete=[hook(name, before_delete)])
    if refuse:
        binding.before_update = [refuse_update(f"{what} is protected", refuse)]
    opts.hooks = binding
    return opts


def refuse_update(name: str, refuse: Refusal) -> pulumi.ResourceHook:
    """A hook that refuses an update in place where `refuse` has a line for it."""

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        if line := refuse(args.old_inputs or {}, args.new_inputs or {}):
            raise pulumi.RunError(line)

    return hook(name, before_update)


def hook(name: str, run: Callable[[pulumi.ResourceHookArgs], None]) -> pulumi.ResourceHook:
    """A hook that is called at preview, too."""
    return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))
