"""The settings of PostgreSQL by major version, and the values that they accept."""

import dataclasses
import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_suffix(".tsv")
_IN_FILE = range(15, 19)
"""The versions in the file; version 14 has almost the settings of version 15."""
_NUMBERS = {"integer": r"-?\d+", "real": r"-?\d+(\.\d+)?([eE][-+]?\d+)?"}


@dataclasses.dataclass(frozen=True)
class PostgresSetting:
    """One setting, as pg_settings describes it."""

    kind: str
    """`bool`, `enum`, `integer`, `real` or `string`."""
    context: str
    """`static` if it takes effect when the server starts, `fixed` if it is read-only."""
    values: str = ""
    """A range as `1-100`, or the words of an enum, separated by commas."""

    def accepts(self, value: str) -> bool:
        """Whether the value is allowed; numbers have no unit."""
        if self.kind in _NUMBERS:
            least, most = map(float, self._range)
            is_number = re.fullmatch(_NUMBERS[self.kind], value) is not None
            return is_number and least <= float(value) <= most
        return self.kind == "string" or value in self.values.split(",")

    @property
    def rule(self) -> str:
        """The allowed values in words."""
        if self.kind not in _NUMBERS:
            return f"one of {self.values.replace(',', ', ')}"
        least, most = self._range
        whole = "a whole number" if self.kind == "integer" else "a number"
        return f"{whole} from {least} to {most}, without a unit"

    @property
    def _range(self) -> list[str]:
        """The least and the greatest number."""
        return re.split(r"(?<=[\d.])-", self.values, maxsplit=1)


@cache
def settings_of(major: int) -> dict[str, PostgresSetting]:
    """The settings of a major version by their names."""
    known = min(max(major, _IN_FILE[0]), _IN_FILE[-1])
    return {name: setting for name, majors, setting in _lines() if known in majors}


@cache
def static_names() -> frozenset[str]:
    """The names of the settings that in any major version take effect when the server starts."""
    return frozenset(name for name, _, setting in _lines() if setting.context == "static")


@cache
def _lines() -> tuple[tuple[str, range, PostgresSetting], ...]:
    """The file's settings, each with its name and major versions."""
    found: list[tuple[str, range, PostgresSetting]] = []
    for line in _FILE.read_text().splitlines()[1:]:
        name, majors, kind, context, values = (*line.split("\t"), "")[:5]
        first, last = map(int, majors.split("-"))
        found.append((name, range(first, last + 1), PostgresSetting(kind, context, values)))
    return tuple(found)
