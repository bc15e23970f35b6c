"""What the provider's Check fills in and refuses."""

import re
from collections.abc import Iterator, Mapping

from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import UNKNOWN, has_unknown

AUTONAMED = "__createBeforeDelete"
"""The provider's own input: it chose the name, so a replacement is created first."""
Limits = Mapping[str, tuple[int, int, str]]


def fill_name(
    op: Operation, inputs: Data, old: Data, key: str, *, automatic: bool
) -> Iterator[Problem]:
    """Fill in the old name, or a new one of those types whose automatic names are known."""
    if key in inputs:
        return
    if key in old:
        inputs[key] = old[key]
        inputs |= {AUTONAMED: True} if old.get(AUTONAMED) else {}
    elif automatic:
        inputs |= {key: f"{op.name}{op.unique(8)}", AUTONAMED: True}
    else:
        yield Problem("", f"not simulated: an automatic name; set '{key}'")


def fill_location(op: Operation, inputs: Data, old: Data) -> Iterator[Problem]:
    """Fill in the old location, the provider's or the resource group's."""
    found = old.get("location") or op.config.get("location")
    group = inputs.get("resourceGroupName")
    if not found and group is not None:
        groups = Subscription.of(op).read()["groups"]
        unknown = {"location": UNKNOWN} if has_unknown(group) else {}
        found = groups.get(str(group).lower(), unknown).get("location")
    if found:
        inputs["location"] = found
    else:
        yield Problem(
            "",
            "missing required property 'location'. Either set it explicitly or configure it with "
            "'pulumi config set azure-native:location <value>'.",
        )


def beyond(inputs: Data, limits: Limits) -> Iterator[Problem]:
    """The strings that are too short, too long or of another pattern."""
    for key, (least, most, pattern) in limits.items():
        value = inputs.get(key)
        if not isinstance(value, str) or value == UNKNOWN:
            continue
        size = len(value)
        if size < least:
            text = f"'{key}' is too short ({size}): at least {least} characters required"
            yield Problem("", text)
        if size > most:
            yield Problem("", f"'{key}' is too long ({size}): at most {most} characters allowed")
        if pattern and not re.search(pattern, value):
            yield Problem("", f"'{key}' does not match expression '{pattern}'")
