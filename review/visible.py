"""Which values may appear in a comment: those of the settings and inputs that are named here.

The engine hides what is marked as secret. A person can also forget to mark it, and a provider can
repeat it in a message; therefore everything that is not named here is left out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from review.plan import Diagnostic, Plan

SETTINGS = frozenset(
    {
        *("cloud", "zone", "size", "postgresVersion", "storageGb", "maxStorageGb", "protect"),
        *("applyImmediately", "highAvailability", "backupDays", "namespace", "createNamespace"),
        *("chartVersion", "replicas", "poolSize", "latencyGate", "latencyLimitMs", "region"),
        "passwordGeneration",
    }
)
"""Settings whose values are shown; none is an object, a URL or free text."""
SERVER_INPUTS = frozenset({"size", "storageGb", "postgresVersion", "highAvailability"})
"""Settings whose inputs of the server are shown with their values."""
HIDDEN = "[hidden]"

_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HOOK = re.compile(r'error: (?:Preview failed: )?before hook "[^"]+" failed: (.*)', re.DOTALL)
_PROTECTED = re.compile(r'error: unable to (replace|delete) resource "')
_SETTINGS_ERROR = re.compile(r"error: The settings of stack \S+ can't be used:\n(.*)", re.DOTALL)
_KEY = re.compile(r"([A-Za-z]+)[\w.\[\]-]*: ")
_CREDENTIALS = re.compile(r"//[^/\s@]+@")
_SHORTEST = 4
"""Shorter values occur in words that are no values."""


def value(found: Any) -> str:
    """The value of an input that may be shown; what does not look like one is hidden."""
    text = json.dumps(found) if isinstance(found, bool) else str(found)
    if isinstance(found, float) and found.is_integer():
        text = str(int(found))
    return text if _PLAIN.fullmatch(text) else HIDDEN


def reason(error: Diagnostic, plan: Plan) -> str:
    """The lines of an error that may be shown; empty where it is not one of the program's own."""
    if found := _SETTINGS_ERROR.match(error.message):
        lines = [_setting_line(line.strip(), plan) for line in found[1].strip().split("\n")]
        return scrub("\n".join(dict.fromkeys(lines)), plan)
    if found := _HOOK.match(error.message):
        return scrub(found[1].strip(), plan)
    if found := _PROTECTED.match(error.message):
        return f"protected: this update would {found[1]} it"
    return ""


def scrub(text: str, plan: Plan) -> str:
    """The text without the values of settings that are not shown."""
    found = {
        leaf for key, raw in plan.settings.items() if key not in SETTINGS for leaf in _texts(raw)
    }
    for leaf in sorted(found, key=len, reverse=True):
        text = text.replace(leaf, HIDDEN)
    return _CREDENTIALS.sub(f"//{HIDDEN}@", text)


def _setting_line(line: str, plan: Plan) -> str:
    key = _KEY.match(line)
    if key and key[1] in SETTINGS:
        return line
    if key and key[1] in plan.settings:
        return f"{key[1]}: not accepted; why is in the preview's log, as the line may hold a value"
    return "a line that may hold a value, in the preview's log"


def _texts(raw: str) -> Iterator[str]:
    """The texts in a setting, which is a string or an object as JSON."""
    try:
        data = json.loads(raw)
    except ValueError:
        data = raw
    yield from (text for text in _leaves(data) if len(text) >= _SHORTEST)


def _leaves(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        data = list(data.values())
    if isinstance(data, list):
        for each in data:
            yield from _leaves(each)
    elif data is not None and not isinstance(data, bool):
        yield str(data)
