"""What a plan does to the database server: the effect of each setting that changes."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from components.clouds import CLOUDS
from components.guards import value_at
from components.server.changes import Effect, SettingEffect
from components.server.policy import ServerPolicy
from components.server.windows import WEEKLY
from review.durations import interruption
from review.markdown import code
from review.plan import SERVER, Plan, Step, Values
from review.visible import SERVER_INPUTS, value


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerChange:
    """A step that makes, changes, replaces or deletes the server."""

    cloud: str
    policy: ServerPolicy
    step: Step
    at_once: bool
    """Whether changes that interrupt are made now (`applyImmediately`)."""
    provider_region: str

    def input(self, setting: str, inputs: Values) -> Any:
        """The first input that shows a setting, or None."""
        effect = next(each for each in self.policy.effects if each.setting == setting)
        return next(
            (found for path in effect.inputs if (found := _at(inputs, path)) is not None), None
        )

    def effects(self) -> list[SettingEffect]:
        """The settings that an update in place changes, by the cloud's table of effects."""
        if self.step.op != "update":
            return []
        return [each for each in self.policy.effects if _applies(each, self.step)]

    def online(self) -> list[str]:
        """The other inputs that an update in place changes."""
        if self.step.op != "update":
            return []
        told = {path for each in self.effects() for path in each.inputs} | {"applyImmediately"}
        return [path for path in self.step.paths if path not in told]


def server_change(plan: Plan) -> ServerChange | None:
    """The plan's change of the server; None if it changes none, or makes none of a cloud."""
    step, cloud = plan.step(SERVER), plan.settings.get("cloud", "")
    policy = CLOUDS[cloud].POLICY if cloud in CLOUDS else None
    if step is None or policy is None:
        return None
    return ServerChange(
        cloud=cloud,
        policy=policy,
        step=step,
        at_once=plan.settings.get("applyImmediately") == "true",
        provider_region=plan.settings.get("region", ""),
    )


def server_lines(change: ServerChange) -> Iterator[str]:
    """What happens to the server, and for how long it interrupts Coder."""
    step, policy = change.step, change.policy
    if step.op in ("create", "import"):
        yield f"A new {policy.product} {policy.noun}: {code(step.name)}."
    elif step.op != "update":
        verb = "deleted" if step.op == "delete" else "replaced by a new one"
        yield (
            f"**The {policy.noun} is {verb}.** It leaves {policy.final_backup}. A new one begins "
            "empty, unless `restoreFrom` names the data."
        )
    for each in change.effects():
        yield f"{_what(each, change)} {_when(each, change)}"
    if names := change.online():
        yield f"Without an interruption: {', '.join(map(code, names))}."
    if change.at_once and step.op == "update" and step.old.get("applyImmediately") is False:
        yield "Changes of earlier updates that still wait for the maintenance window are made now."


def _what(each: SettingEffect, change: ServerChange) -> str:
    if each.setting not in SERVER_INPUTS:
        return code(each.setting)
    old, new = (value(change.input(each.setting, s)) for s in (change.step.state, change.step.new))
    return f"{code(each.setting)} ({code(old)} → {code(new)})"


def _when(each: SettingEffect, change: ServerChange) -> str:
    product = change.policy.product
    stated = interruption(change.cloud, each.setting, product)
    interrupts = "interrupts the database: " if stated.interrupts else ""
    if each.effect is Effect.WAITS_FOR_WINDOW and not change.at_once:
        window = f"waits for the maintenance window**{_window(change)}"
        return f"**{window}, then {interrupts}{stated.words}."
    if each.effect is Effect.INTERRUPTS and not change.at_once:
        return (
            f"would interrupt the database: {stated.words}. {product} cannot wait for the "
            "maintenance window: **refused** until `applyImmediately` is true."
        )
    if each.effect in (Effect.WAITS_FOR_WINDOW, Effect.INTERRUPTS):
        link = " and " if interrupts else ": "
        return f"is made **by this update**{link}{interrupts}{stated.words}."
    return "is made online." if each.effect is Effect.ONLINE else "needs a new server."


def _window(change: ServerChange) -> str:
    window = str(change.step.new.get("maintenanceWindow"))
    return f" ({code(window)} UTC)" if WEEKLY.fullmatch(window) else ""


def _applies(each: SettingEffect, step: Step) -> bool:
    try:
        return each.applies(step.state, step.new)
    except AttributeError:  # an object that is unknown or secret
        return True


def _at(inputs: Values, path: str) -> Any:
    try:
        return value_at(inputs, path)
    except AttributeError:
        return None
