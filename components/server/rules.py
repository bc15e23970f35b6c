"""Rules for changes of a server that every cloud has in common, over the names of its inputs."""

from collections.abc import Callable
from typing import Any

from components.guards import ChangeRule, Inputs, value_at
from components.server.policy import StoragePolicy

Pick = Callable[[Inputs], Any]
"""Takes a server's inputs; returns the value that a rule compares."""


def pick(path: str) -> Pick:
    """Takes the value at a dotted path of the inputs."""
    return lambda inputs: value_at(inputs, path)


def unchanged(pick: Pick, line: str) -> ChangeRule:
    """Refuses every change of a value, as it would rename or move the server."""
    return ChangeRule(
        validate_update=lambda old, new: line if pick(old) != pick(new) else None, impossible=True
    )


def storage_steps(storage: StoragePolicy, size: Pick, limit: Pick) -> ChangeRule:
    """Refuses storage that shrinks or grows too little; `limit` is how far it may grow by itself.

    All in GB.
    """

    def validate_update(old: Inputs, new: Inputs) -> str | None:
        was, wanted = size(old), size(new)
        if not isinstance(was, float | int) or not isinstance(wanted, float | int):
            return None
        least = storage.minimum_next_size(was)
        if was < wanted < least:
            return (
                f"storageGb: is {wanted:g} and was {was:g}, must be {least:g} or more: storage "
                f"grows by at least {storage.growth_percent} %"
            )
        # Storage below the limit has grown by itself.
        if wanted >= was or (limit(new) or 0) > wanted:
            return None
        return (
            f"storageGb: is {wanted:g} and was {was:g}, and storage never shrinks; type `pulumi "
            f"config set storageGb {was:g}`"
        )

    return ChangeRule(validate_update=validate_update, impossible=True)


def keep_zone(pinned: Pick, current: Pick, product: str) -> ChangeRule:
    """Refuses another zone than the pinned one, unless a failover has put the server there."""

    def validate_update(old: Inputs, new: Inputs) -> str | None:
        was, zone = pinned(old), pinned(new)
        if not was or zone in (was, current(old)):
            return None
        return (
            f"zone: is {zone} and was {was}, and {product} cannot move it; type `pulumi config set "
            f"zone {was}`, or make a new stack there with restoreFrom"
        )

    return ChangeRule(validate_update=validate_update, impossible=True)


def keep_standby(has_standby: Pick) -> ChangeRule:
    """Refuses to delete the standby: without it a server does not survive the loss of its zone."""

    def validate_update(old: Inputs, new: Inputs) -> str | None:
        if not has_standby(old) or has_standby(new):
            return None
        return (
            "highAvailability: is false and was true, and the standby would be deleted; to allow "
            "it: `pulumi config set protect false`, `pulumi up`, then set protect to true again"
        )

    return ChangeRule(validate_update=validate_update)
