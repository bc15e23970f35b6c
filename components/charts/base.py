"""What the program asks of either chart, and what it tells them."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from components.charts import values
from components.charts.values import Values, Version
from components.charts.wiring import Wiring

PASSWORD_KEY = "password"
URL_KEY = "url"
CA_KEY = "ca.crt"
RECORD = "coder/record"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One version of one of the two charts: the questions that the program asks of it."""

    flavour: ClassVar[str]
    service: ClassVar[str]
    minimum_postgres: ClassVar[int]
    connections_per_replica: ClassVar[int]
    """The pool of one replica and what it opens beside the pool."""
    home: ClassVar[str]
    keys: ClassVar[Mapping[str, Version]]
    environment: ClassVar[tuple[str, str]]
    """The value that is a list of environment variables."""
    own_variables: ClassVar[tuple[str, ...]]
    """How the variables begin that could turn Coder to another database."""

    version: Version

    @abstractmethod
    def values(self, wiring: Wiring) -> Values:
        """The chart's values that make Coder use the external database."""

    @abstractmethod
    def ca_path(self, secret_name: str) -> str:
        """Where Coder's container finds the CA of that Secret."""

    @abstractmethod
    def scheduling(self, chart_values: Values) -> Values:
        """The pod fields by which the chart schedules Coder, for Jobs that must stand beside it."""

    def connections(self, replicas: int) -> int:
        """What Coder opens at most, with the pods that a rolling update adds."""
        surge = math.ceil(replicas * 0.25)
        return (replicas + surge) * self.connections_per_replica

    def problems(self, wiring: Wiring) -> Iterator[str]:
        """A line for everything that this version can't be told of its database."""
        yield from ()

    def value_problems(self, wiring: Wiring, chart_values: Values) -> Iterator[str]:
        """A line for every value that this version would lose or that is ours to set."""
        for key in values.collisions(self.values(wiring), chart_values):
            yield f"chartValues.{key}: the program sets this key; take it out"
        for line in values.unknown(chart_values, self.keys, self.version):
            yield f"chartValues.{line} (chart {self})"
        section, key = self.environment
        for entry in (chart_values.get(section) or {}).get(key) or []:
            if isinstance(entry, dict) and str(entry.get("name")).startswith(self.own_variables):
                yield (
                    f"chartValues.{section}.{key}[{entry['name']}]: the program alone says which "
                    "database Coder uses; take it out"
                )

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def affinity(zone: str) -> Values:
    """Prefers nodes in the database's zone and goes elsewhere rather than nowhere."""
    return {"affinity": {"nodeAffinity": near(zone)}} if zone else {}


def tolerations(chart_values: Values) -> Values:
    """The tolerations among those values; none at all for an empty list, which the API drops."""
    given = chart_values.get("tolerations")
    return {"tolerations": given} if given else {}


def near(zone: str) -> dict[str, Any]:
    """A soft node affinity to a zone."""
    expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}
    preference = {"weight": 100, "preference": {"matchExpressions": [expression]}}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}
