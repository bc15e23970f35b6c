"""What the program is made of: one room for each cloud, and what they share."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pulumi

from components import aws, existing
from components.connection import PostgresArgs, PostgresConnection
from components.server.discovery import Cluster, Search


class Postgres(Protocol):
    """A cloud's component, and the connection it gives."""

    connection: PostgresConnection


class Cloud(Protocol):
    """What each cloud's room has at its door."""

    @property
    def OBJECTS(self) -> Mapping[str, type[Any]]: ...

    @property
    def PostgresArgs(self) -> Callable[..., PostgresArgs]: ...

    @property
    def Postgres(self) -> Callable[[str, Any, pulumi.ResourceOptions], Postgres]: ...

    @property
    def find_cluster(self) -> Callable[[Any, Search], tuple[Cluster | None, list[str]]]: ...


CLOUDS: Mapping[str, Cloud] = {"aws": aws, "existing": existing}
