"""What a database is made from."""

import dataclasses

import pulumi

from components.database.spec import DatabaseSpec
from components.server.zone import Zone


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """A server, its admin login, and the database to create in it."""

    spec: DatabaseSpec
    host: pulumi.Input[str]
    port: int
    database: str
    """The name of the database and of its owner role."""
    admin_username: pulumi.Input[str]
    admin_password: pulumi.Input[str]
    ssl_mode: str
    ca_certificate: pulumi.Input[str] | None
    zone: Zone | None
    adopted_flavour: str = ""
    search_path: str = ""
    firewall: str = ""
    """Who may connect, for the message of a time-out."""
    created_server: bool = False
    """Whether this stack created the server."""
