"""Checks of the environment variables among the chart values."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from components.charts.values import shown
from components.setting_model import string_cure


def variable(entries: Any, name: str) -> dict[str, Any]:
    """The entry of that name; empty if there is none."""
    found = entries if isinstance(entries, list) else []
    return next((e for e in found if isinstance(e, dict) and e.get("name") == name), {})


def problems(entries: Any, key: str, own_prefixes: tuple[str, ...]) -> Iterator[str]:
    """One line for each entry that Kubernetes refuses, or that the program sets."""
    if not isinstance(entries, list):
        return  # the check of the values' shapes says so
    names: Counter[str] = Counter()
    for index, entry in enumerate(entries):
        at = f"{key}[{index}]"
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            yield f"{at}: has no name; an entry has a `name`, and a `value` or `valueFrom`"
            continue
        names[name] += 1
        if name.startswith(own_prefixes):
            yield f"{key}[{name}]: only the program selects Coder's database; remove it"
        value = entry.get("value", "")
        if value is not None and not isinstance(value, str):
            cure = string_cure(f"{at}.value", value)
            yield f"{key}[{name}].value: is {shown(value)}, must be a string{cure}"
    for name, count in names.items():
        if count > 1:
            yield f"{key}[{name}]: is there {count} times; remove all but one"
