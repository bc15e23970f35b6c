"""The two published charts, both named `coder`; the version selects one."""

import re

from components.charts.base import CA_KEY, PASSWORD_KEY, URL_KEY, Chart
from components.charts.classic import Classic
from components.charts.options import ChartOptions
from components.charts.v2 import V2

FLAVOURS = (Classic.flavour, V2.flavour)

__all__ = [
    "CA_KEY",
    "FLAVOURS",
    "PASSWORD_KEY",
    "URL_KEY",
    "V2",
    "Chart",
    "ChartOptions",
    "Classic",
    "chart",
]


def chart(version: str, pool_size: int = 0) -> Chart | None:
    """The chart of that version, or None if neither chart has such a version."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)", version)
    if match is None:
        return None
    major, minor, patch = (int(part) for part in match.groups())
    number = (major, minor, patch)
    # 1.19 and 1.20 have no `coderd` values, and objects that Kubernetes 1.22 removed.
    if (1, 21, 0) <= number <= (1, 44, 3):
        return Classic(version=number, pool_size=pool_size)
    return V2(version=number, pool_size=pool_size) if major == 2 else None
