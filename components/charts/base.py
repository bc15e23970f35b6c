"""What both charts have in common: the values that connect Coder to its database, with checks."""

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

import pulumi

from components.charts import environment, values
from components.charts.options import ChartOptions, EntryKeys
from components.charts.values import Values, Version
from components.connection import ConnectionTraits, Login, PostgresConnection

PASSWORD_KEY = "password"
URL_KEY = "url"
CA_KEY = "ca.crt"
ROLLOUT_MARKER = "coder/record"
"""The annotation of Coder's pods that changes when they must restart."""
NULL = (
    "is null, which the Kubernetes provider does not pass on to Helm, so the chart's default would "
    "stay; give it a value, or remove it"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """One version of one of the two charts."""

    flavour: ClassVar[str]
    section: ClassVar[str]
    """The key of values.yaml that only this chart has."""
    service: ClassVar[str]
    """The name of Coder's Service."""
    entry: ClassVar[EntryKeys]
    minimum_postgres: ClassVar[int]
    usual_pool: ClassVar[int]
    outside_pool: ClassVar[int]
    """Connections that a replica opens besides its pool."""
    default_repository: ClassVar[str]
    environment: ClassVar[str]
    """The dotted key of the value that lists environment variables."""
    own_variables: ClassVar[tuple[str, ...]]
    """Prefixes of the environment variables that could select another database."""
    set_by: ClassVar[Mapping[str, str]]
    """The settings that values of the program come from."""

    version: Version
    pool_size: int
    """The most connections in one replica's pool; 0 for the usual."""
    defaults: Values = dataclasses.field(default_factory=dict, repr=False)
    """The chart's own values.yaml; empty until it is fetched."""

    @abstractmethod
    def values(self, connection: PostgresConnection, options: ChartOptions) -> Values:
        """The values that make Coder use the connection."""

    @abstractmethod
    def ca_path(self, secret_name: str) -> str:
        """The path of that Secret's CA certificate in Coder's container."""

    @abstractmethod
    def scheduling(self, chart_values: Values) -> Values:
        """The pod fields that decide where Coder runs, for Jobs that must run on the same nodes."""

    def warnings(self) -> Iterator[str]:
        """One line for each thing that a person should know at every update."""
        yield from ()

    @property
    def pool(self) -> int:
        """The most connections in one replica's pool."""
        return self.pool_size or self.usual_pool

    def knows(self, key: str) -> bool:
        """Whether the chart's values.yaml has that dotted key."""
        section, _, name = key.rpartition(".")
        parent = values.at(self.defaults, section) if section else self.defaults
        return isinstance(parent, dict) and name in parent

    def connections(self, replicas: int) -> int:
        """The most connections that Coder opens, including the surge pods of a rolling update."""
        surge = math.ceil(replicas * 0.25)
        return (replicas + surge) * (self.pool + self.outside_pool)

    def problems(self, traits: ConnectionTraits, options: ChartOptions) -> Iterator[str]:
        """One line for each value that the program must set and this version does not have."""
        program = self.values(_placeholder(traits), options)
        for key in dict(values.misfits(program, self.defaults)):
            yield (
                f"chartVersion: {self} has no value {key}, which the program sets; set it to a "
                "later version"
            )

    def value_problems(
        self, traits: ConnectionTraits, options: ChartOptions, chart_values: Values
    ) -> Iterator[str]:
        """One line for each of the user's values that the chart would ignore or can't use."""
        program = self.values(_placeholder(traits), options)
        misfits = values.misfits(chart_values, self.defaults)
        wrong = {key: f"{reason} (chart {self})" for key, reason in misfits}
        wrong |= dict.fromkeys(values.nulls(chart_values), NULL)
        for key in values.collisions(program, chart_values):
            of_exposure = key.startswith(f"{self.entry.annotations}.")
            setting = "exposure" if of_exposure else self.set_by.get(key)
            cure = f"set {setting} instead" if setting else "remove it"
            wrong.setdefault(key, f"the program sets this key; {cure}")
        for key, reason in wrong.items():
            yield f"chartValues.{key}: {reason}"
        entries = values.at(chart_values, self.environment)
        yield from environment.problems(
            entries, f"chartValues.{self.environment}", self.own_variables
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
