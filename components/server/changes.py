"""What a change of a setting does to a running server, announced or refused at preview."""

import dataclasses
import enum
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pulumi

from components import guards
from components.guards import Inputs, value_at

WAITING_TOO = (
    "applyImmediately: changes that still wait for the maintenance window are made now, too"
)


class Effect(enum.Enum):
    """What the change of a setting does to a server that runs."""

    ONLINE = "online"
    WAITS_FOR_WINDOW = "waits for the maintenance window"
    """Unless `applyImmediately` is true."""
    INTERRUPTS = "interrupts"
    """The cloud can't wait, so the change is refused unless `applyImmediately` is true."""
    REPLACES = "replaces"


@dataclasses.dataclass(frozen=True, kw_only=True)
class SettingEffect:
    """The effect of one setting's change, and the server's inputs that show it."""

    setting: str
    effect: Effect
    inputs: tuple[str, ...] = ()
    """Dotted paths; none where another mechanism handles the change, such as a rule or another
    resource."""
    changed: Callable[[Any, Any], bool] = operator.ne
    """Takes the old and new value of an input."""

    def applies(self, old: Inputs, new: Inputs) -> bool:
        """Whether an update changes this setting."""
        return any(self.changed(value_at(old, path), value_at(new, path)) for path in self.inputs)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangeTiming:
    """When the changes of an update happen."""

    product: str
    apply_immediately: bool
    window: str
    """The maintenance window in words."""


def effects_hook(
    parent: pulumi.Resource, name: str, effects: Iterable[SettingEffect], timing: ChangeTiming
) -> pulumi.ResourceHook:
    """A hook that refuses an interruption that was not asked for, and announces the others."""

    def before_update(call: pulumi.ResourceHookArgs) -> None:
        # The state, not the old inputs: these already hold the changes that still wait.
        state, new = call.old_outputs or {}, call.new_inputs or {}
        changed = [each for each in effects if each.applies(state, new)]
        guards.refuse(_refusals(changed, timing))
        for line in _announcements(changed, timing):
            pulumi.info(line, parent)
        if timing.apply_immediately and not (call.old_inputs or {}).get("applyImmediately", True):
            pulumi.info(WAITING_TOO, parent)

    return guards.hook(f"{name}: effects of the changes", before_update)


def _refusals(changed: Iterable[SettingEffect], timing: ChangeTiming) -> Iterator[str]:
    for each in changed:
        if each.effect is Effect.INTERRUPTS and not timing.apply_immediately:
            yield (
                f"{each.setting}: this change interrupts Coder, and {timing.product} cannot wait "
                "for the maintenance window; type `pulumi config set applyImmediately true` to "
                "make it now"
            )


def _announcements(changed: Iterable[SettingEffect], timing: ChangeTiming) -> Iterator[str]:
    slow = (Effect.WAITS_FOR_WINDOW, Effect.INTERRUPTS)
    settings = ", ".join(each.setting for each in changed if each.effect in slow)
    if not settings:
        return
    if timing.apply_immediately:
        yield (
            f"Changes of {settings} are made now and may interrupt Coder (applyImmediately is true)"
        )
    else:
        yield (
            f"Changes of {settings} wait for the maintenance window ({timing.window}): `pulumi up` "
            f"finishes first, and {timing.product} applies them in the window; to apply them now, "
            "type `pulumi config set applyImmediately true`"
        )
