"""What the change of a server costs per month, where the list price of its machine is known."""

import dataclasses
from collections.abc import Iterator

from review.markdown import code
from review.plan import Values
from review.prices import HOURS, PRICES, monthly
from review.server import ServerChange
from review.visible import value

STANDBY = (True, "REGIONAL", "SameZone", "ZoneRedundant")
"""What the clouds' inputs say where there is a standby."""
LEFT_OUT = (
    f"US dollars for {HOURS} hours on demand. Storage, backups, traffic, discounts and all "
    "resources in the cluster are left out."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """What the list price depends on."""

    name: str
    region: str
    standby: bool

    def __str__(self) -> str:
        return f"{code(self.name)}{' with a standby' if self.standby else ''}"


def cost_lines(change: ServerChange) -> Iterator[str]:
    """The cost before and after; nothing where neither the machine nor the standby changes."""
    made = change.step.op in ("create", "import")
    old = None if made else _machine(change, change.step.state)
    new = None if change.step.op == "delete" else _machine(change, change.step.new)
    machine = new or old
    if machine is None or old == new:
        return
    prices = PRICES.get(change.cloud)
    before, after = _price(change.cloud, old), _price(change.cloud, new)
    if prices is None or before is None or after is None:
        unknown = (new if after is None else old) or machine
        page = f" {change.policy.product}'s prices: <{prices.page}>" if prices else ""
        yield (
            f"Not known: this program has no list price of {unknown} in "
            f"{code(unknown.region)}.{page}"
        )
        return
    yield (
        f"{old or 'Nothing'} → {new or 'nothing'}: ${before:,.2f} → ${after:,.2f}, "
        f"**{_signed(after - before)} per month** in {code(machine.region)}"
    )
    yield f"List price as of {prices.read} (<{prices.source}>), in {LEFT_OUT}"


def _machine(change: ServerChange, inputs: Values) -> Machine:
    region = inputs.get("region") or inputs.get("location") or change.provider_region
    return Machine(
        name=value(change.input("size", inputs)),
        region=value(region).replace(" ", "").lower(),
        standby=change.input("highAvailability", inputs) in STANDBY,
    )


def _price(cloud: str, machine: Machine | None) -> float | None:
    if machine is None:
        return 0
    return monthly(cloud, machine.region, machine.name, standby=machine.standby)


def _signed(amount: float) -> str:
    return f"{'-' if amount < 0 else '+'}${abs(amount):,.2f}"
