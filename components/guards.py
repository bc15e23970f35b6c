"""Resource options that refuse, already at preview, what must not happen to a resource.

The engine prints a hook's name where it stops a `pulumi destroy` that does not run the program, so
the name of a hook says what a person must know.
"""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pulumi

Inputs = Mapping[str, Any]
Refusal = Callable[[pulumi.ResourceHookArgs], str | None]
"""Returns the lines that refuse the creation of a resource, or None."""


def value_at(inputs: Inputs, path: str) -> Any:
    """The value at a dotted path such as `settings.tier`, or None."""
    value: Any = inputs
    for key in path.split("."):
        value = (value or {}).get(key)
    return value


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangeRule:
    """One reason to refuse an update in place."""

    validate_update: Callable[[Inputs, Inputs], str | None]
    """Takes old and new inputs; returns the line that refuses the change, or None."""
    impossible: bool = False
    """Refused always: the cloud refuses it, or the server would be unusable. Other changes are
    dangerous, and refused only while the stack is protected."""


def protected(
    parent: pulumi.Resource,
    name: str,
    *,
    protect: bool,
    because: str = "",
    rules: Iterable[ChangeRule] = (),
    conflict: Refusal | None = None,
) -> pulumi.ResourceOptions:
    """Options of the child `name`; while `protect` is true it is neither replaced nor deleted.

    `because` names the settings that would do it; `rules` refuse updates in place, `conflict` the
    creation beside another one.
    """
    opts = pulumi.ResourceOptions(parent=parent, protect=protect)
    binding = pulumi.ResourceHookBinding()
    if protect:
        binding.before_delete = [deletion_hook(name, because)]
    if applying := [rule for rule in rules if protect or rule.impossible]:
        binding.before_update = [refuse_update(f"{name}: change rules", applying)]
    if conflict:
        binding.before_create = [creation_hook(name, [conflict])]
    if binding.before_create or binding.before_delete or binding.before_update:
        opts.hooks = binding
    return opts


def deletion_hook(name: str, because: str = "", *, refuses: bool = True) -> pulumi.ResourceHook:
    """A hook that refuses the deletion of `name`.

    One that does not refuse is for the update that removes `name` from the program: the engine
    calls the hook by the name that the state has.
    """
    known = f"{name} is protected; to allow it: pulumi config set protect false, then pulumi up"
    return hook(known, _refuse_deletion(because) if refuses else lambda _: None)


def creation_hook(name: str, refusals: Iterable[Refusal]) -> pulumi.ResourceHook:
    """A hook that refuses the creation of `name` with the lines of all refusals."""

    def before_create(call: pulumi.ResourceHookArgs) -> None:
        refuse(refusal(call) for refusal in refusals)

    return hook(f"{name}: creation rules", before_create)


def refuse_update(name: str, rules: Iterable[ChangeRule]) -> pulumi.ResourceHook:
    """A hook that refuses an update in place with the lines of all rules that it breaks."""

    def before_update(args: pulumi.ResourceHookArgs) -> None:
        refuse(rule.validate_update(args.old_inputs or {}, args.new_inputs or {}) for rule in rules)

    return hook(name, before_update)


def refuse(lines: Iterable[str | None]) -> None:
    """Raise one error with all the lines, if there are any."""
    if found := [line for line in lines if line]:
        raise pulumi.RunError("\n".join(found))


def hook(name: str, run: pulumi.ResourceHookFunction) -> pulumi.ResourceHook:
    """A hook that is called at preview, too; its name must be unique in the program."""
    return pulumi.ResourceHook(name, run, pulumi.ResourceHookOptions(on_dry_run=True))


def _refuse_deletion(because: str) -> Callable[[pulumi.ResourceHookArgs], None]:
    def before_delete(args: pulumi.ResourceHookArgs) -> None:
        raise pulumi.RunError(
            f"protected: this update would delete or replace it{because}. Nothing was changed"
        )

    return before_delete
