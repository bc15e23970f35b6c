"""Operations on the PostgreSQL server behind an instance."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.postgres.configuration import Endpoint
from sandbox.providers.framework.errors import Failure


class Refused(Failure):
    """PostgreSQL refuses a statement; the message is its own."""


@dataclass(frozen=True, kw_only=True)
class ServerSpec:
    """The properties of an instance that its server needs."""

    name: str
    """Never changes while the instance exists."""
    host: str
    username: str
    """The administrator's."""
    major: str
    settings: Mapping[str, str]
    endpoint: Endpoint = field(default_factory=Endpoint)
    group: str = ""
    """A role that the administrator and the users of the cloud's API are members of."""


class Servers:
    """Does nothing; for tests that need no real servers."""

    def create(self, server: ServerSpec, password: str) -> None:
        """Create an empty server."""

    def copy(self, server: ServerSpec, source: ServerSpec) -> None:
        """Create a server with the current data of a running one."""

    def restore(self, server: ServerSpec, snapshot: str) -> None:
        """Create a server with the data of a snapshot."""

    def snapshot(self, server: ServerSpec, name: str) -> None:
        """Stop the server and keep a copy of its data."""

    def replace(self, server: ServerSpec, snapshot: str) -> None:
        """Replace the server's data by that of a snapshot."""

    def delete_snapshot(self, name: str) -> None:
        """Delete the files of a snapshot."""

    def start(self, server: ServerSpec) -> None:
        """Start the server if it is stopped."""

    def delete(self, server: ServerSpec) -> None:
        """Delete the server and its data; it is not an error if it does not exist."""

    def set_password(self, server: ServerSpec, password: str) -> None:
        """Change the administrator's password."""

    def put_user(self, server: ServerSpec, name: str, password: str) -> None:
        """Create a login like the administrator, or change its password."""

    def drop_user(self, server: ServerSpec, name: str) -> None:
        """Drop a login; Refused if it owns something."""

    def create_database(self, server: ServerSpec, name: str) -> None:
        """Create a database of the group, or the administrator; Refused if it exists."""

    def drop_database(self, server: ServerSpec, name: str) -> None:
        """Drop a database; Refused if it has connections."""

    def certify(self, server: ServerSpec) -> None:
        """Replace the server's certificate by that of the spec."""

    def configure(self, server: ServerSpec) -> None:
        """Apply the settings; static ones take effect at the next restart."""

    def restart(self, server: ServerSpec) -> None:
        """Restart the server with the settings."""

    def upgrade(self, server: ServerSpec) -> None:
        """Upgrade the server and its data to the major version of the spec."""

    def start_firewall(self) -> None:
        """Drop packets to every server whose instance does not admit the cluster's nodes."""

    def delete_orphans(self, names: re.Pattern[str], known: Callable[[], set[str]]) -> None:
        """Delete servers with matching names that no instance has; killed processes leave them."""
