"""What both charts have in common: the values that connect Coder to its database, with checks."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pulumi

from components.charts import values
from components.charts.values import Values, Version
from components.connection import ConnectionTraits, Login, PostgresConnection

PASSWORD_KEY = "password"
URL_KEY = "url"
CA_KEY = "ca.crt"
ROLLOUT_MARKER = "coder/record"
"""The annotation of Coder's pods that changes when they must restart."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChartOptions:
    """What a chart is configured with besides the connection."""

    replicas: int
    access_url: str
    """Empty to let the chart decide."""
    rollout_marker: pulumi.Input[str] = ""
    """A new value makes Coder's pods restart."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One version of one of the two charts."""

    flavour: ClassVar[str]
    service: ClassVar[str]
    """The name of Coder's Service."""
    minimum_postgres: ClassVar[int]
    connections_per_replica: ClassVar[int]
    """One replica's pool, and the connections that it opens outside the pool."""
    default_repository: ClassVar[str]
    keys: ClassVar[Mapping[str, Version]]
    environment: ClassVar[tuple[str, str]]
    """The path of the value that lists environment variables."""
    own_variables: ClassVar[tuple[str, ...]]
    """Prefixes of the environment variables that could select another database."""

    version: Version

    @abstractmethod
    def values(self, connection: PostgresConnection, options: ChartOptions) -> Values:
        """The values that make Coder use the connection."""

    @abstractmethod
    def ca_path(self, secret_name: str) -> str:
        """The path of that Secret's CA certificate in Coder's container."""

    @abstractmethod
    def scheduling(self, chart_values: Values) -> Values:
        """The pod fields that decide where Coder runs, for Jobs that must run on the same nodes."""

    def connections(self, replicas: int) -> int:
        """The most connections that Coder opens, including the surge pods of a rolling update."""
        surge = math.ceil(replicas * 0.25)
        return (replicas + surge) * self.connections_per_replica

    def problems(self, traits: ConnectionTraits) -> Iterator[str]:
        """One line for each trait of the connection that this version does not support."""
        yield from ()

    def value_problems(
        self, traits: ConnectionTraits, options: ChartOptions, chart_values: Values
    ) -> Iterator[str]:
        """One line for each option and value that is not supported or that the program sets."""
        program = self.values(_placeholder(traits), options)
        for key in values.collisions(program, chart_values):
            yield f"chartValues.{key}: the program sets this key; remove it"
        for line in values.unknown(chart_values, self.keys, self.version):
            yield f"chartValues.{line} (chart {self})"
        section, key = self.environment
        for entry in (chart_values.get(section) or {}).get(key) or []:
            if isinstance(entry, dict) and str(entry.get("name")).startswith(self.own_variables):
                yield (
                    f"chartValues.{section}.{key}[{entry['name']}]: only the program selects "
                    "Coder's database; remove it"
                )

    def __str__(self) -> str:
        return ".".join(map(str, self.version))


def tolerations(chart_values: Values) -> Values:
    """The tolerations in those values; an empty list is left out, because the API drops it."""
    given = chart_values.get("tolerations")
    return {"tolerations": given} if given else {}


def _placeholder(traits: ConnectionTraits) -> PostgresConnection:
    """A connection that gives a chart's values the same keys as the one with these traits."""
    password = pulumi.Output.from_input("") if traits.has_password else None
    return PostgresConnection(
        host="",
        port=0,
        database="",
        login=Login(secret_name="", username="", password=password),
        ssl_mode=traits.ssl_mode,
        ca_certificate="" if traits.has_ca else None,
        zone=traits.zone,
    )
