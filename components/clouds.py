"""The clouds that a stack can choose from, and what each cloud's package offers."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pulumi

from components import aws, azure, existing, gcp
from components.connection import ConnectionTraits, PostgresConnection
from components.server.discovery import Discovery, DiscoveryRequest, PostgresArgs
from components.server.identity import ServerIdentity
from components.server.policy import ServerPolicy
from components.server.settings import ServerSettings


class Postgres(Protocol):
    """A cloud's component: the connection that it makes, and the server behind it."""

    connection: PostgresConnection
    server: ServerIdentity


class Cloud(Protocol):
    """What a cloud's package offers, in the order in which the program uses it."""

    @property
    def Settings(self) -> type[Any]:
        """The model of the settings that are objects in the cloud's own words."""
        ...

    @property
    def POLICY(self) -> ServerPolicy | None:
        """The limits of the server that the cloud makes; None where it makes none."""
        ...

    @property
    def IMPORT_IDS(self) -> Mapping[str, Callable[[Mapping[str, Any]], str]]:
        """By resource type, the ID for `pulumi import` of a resource with these inputs."""
        ...

    @property
    def traits(self) -> Callable[[ServerSettings, Any], ConnectionTraits]:
        """What the settings alone tell of the connection."""
        ...

    @property
    def TOOLS_IMAGE(self) -> str:
        """The image of the Jobs where the settings name none."""
        ...

    @property
    def discover(self) -> Callable[[DiscoveryRequest[Any]], Discovery]:
        """Every look-up; raises DiscoveryFailed."""
        ...

    @property
    def Postgres(self) -> Callable[[str, PostgresArgs[Any, Any], pulumi.ResourceOptions], Postgres]:
        """The component that makes or takes the server."""
        ...


CLOUDS: Mapping[str, Cloud] = {"aws": aws, "azure": azure, "existing": existing, "gcp": gcp}
