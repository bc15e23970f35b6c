"""The settings of PostgreSQL, and the values that they accept."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".tsv")
OLDEST = 15
"""The oldest major version in the file; older ones are assumed to have its settings."""


@dataclass(frozen=True)
class Setting:
    """One setting, as a cloud describes it."""

    kind: str
    apply: str
    """`dynamic`, `static`, or `fixed` if it can not be modified."""
    values: str = ""

    def accepts(self, value: str) -> bool:
        """Whether the value is allowed; numbers have no unit."""
        if self.kind in ("integer", "real"):
            form = r"-?\d+" if self.kind == "integer" else r"-?\d+(\.\d+)?([eE][-+]?\d+)?"
            least, most = _bounds(self.values)
            return bool(re.fullmatch(form, value)) and least <= float(value) <= most
        if self.kind == "list":
            return set(value.split(",")) <= set(self.values.split(","))
        return self.kind == "string" or value in self.values.split(",")


@cache
def of(major: int) -> dict[str, Setting]:
    """The settings of a major version by their names in lower case."""
    found: dict[str, Setting] = {}
    for line in FILE.read_text().splitlines()[1:]:
        name, majors, kind, apply, values = (*line.split("\t"), "")[:5]
        first, last = (int(each) for each in majors.split("-"))
        if first <= max(major, OLDEST) <= last:
            found[name] = Setting(kind, apply, values)
    return found


def _bounds(values: str) -> tuple[float, float]:
    least, most = re.split(r"(?<=[\d.])-", values, maxsplit=1)
    return float(least), float(most)
