"""Changes that the cloud refused, but that the state has.

A provider made from Terraform's writes the values that it asked for into the state, also if the
cloud refuses them. The next update finds no difference, only reads, and would end well although the
server is not as the settings say; `pulumi refresh` alone makes the provider ask again.
https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/provider.go (Update)
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pulumi

from components.guards import Inputs, value_at

T = TypeVar("T")
CURE = "and this update would not ask again; type `pulumi refresh`, then `pulumi up`"


async def lost_changes(call: pulumi.ResourceHookArgs, paths: Iterable[str]) -> list[str]:
    """The paths of inputs whose change the state has although the update before failed.

    The engine keeps the inputs of the last success, so that only a failed update leaves an input
    that differs from them and is in the outputs. An input that they lack tells nothing: an import
    leaves out what is off, and the outputs have also what the cloud chose.
    """
    old, new, state = call.old_inputs or {}, call.new_inputs or {}, call.old_outputs or {}
    found: list[str] = []
    for path in paths:
        was, wanted, stored = [await _plain(each, path) for each in (old, new, state)]
        if was is not None and not is_same(was, wanted) and is_same(stored, wanted):
            found.append(path)
    return found


def unsent(setting: str) -> str:
    """The line that refuses the update of a lost change."""
    return f"{setting}: the last update failed, only the state has its value, {CURE}"


def is_same(stored: Any, wanted: Any) -> bool:
    """Whether a value of the state is the wanted one; a provider sorts sets and lowers names."""
    if isinstance(stored, str) and isinstance(wanted, str):
        return stored.casefold() == wanted.casefold()
    if isinstance(stored, list) and isinstance(wanted, list):
        return sorted(map(repr, stored)) == sorted(map(repr, wanted))
    return stored == wanted


def once_stored(
    name: pulumi.Output[str], stored: pulumi.Output[T], missing: Callable[[T], Iterable[str]]
) -> pulumi.Output[str]:
    """The name of a group; the update fails with the lines of what the cloud's group is `missing`.

    For groups that discovery can't read: an update that only read them has what the cloud has.
    """

    def check(found: list[Any]) -> str:
        if lines := list(missing(found[1])):
            raise pulumi.RunError("\n".join(lines))
        return str(found[0])

    return pulumi.Output.all(name, stored).apply(check)


async def _plain(values: Inputs, path: str) -> Any:
    """The value at the path; a hook gets a secret as an output."""
    value = value_at(values, path)
    return await value.future() if isinstance(value, pulumi.Output) else value
