"""The interface between a cloud and Coder: one PostgreSQL connection."""

import dataclasses
from urllib.parse import quote

import pulumi

from components.server.zone import Zone

PORT = 5432
VERIFIED = ("verify-ca", "verify-full")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionTraits:
    """What is known of a connection before its server exists."""

    ssl_mode: str
    has_ca: bool
    """Whether the connection will have a CA certificate of its own."""
    has_password: bool
    """Whether Coder's login will have a password."""
    creates_roles: bool = True
    """Whether a Job will create the database and its logins."""
    search_path: str = ""
    zone: Zone | None
    max_connections: int | None
    """The server's `max_connections`, or None where only the server knows it."""
    max_connections_setting: str = ""
    """The setting that changes it."""
    version: int | None
    """PostgreSQL's major version, or None where the setting is invalid."""


UNKNOWN_TRAITS = ConnectionTraits(
    ssl_mode="verify-full",
    has_ca=False,
    has_password=True,
    zone=None,
    max_connections=None,
    version=None,
)
"""For invalid server settings: chart values can still be checked."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Login:
    """A PostgreSQL login, and the Secret in Coder's namespace that holds it."""

    secret_name: str
    username: str
    password: pulumi.Output[str] | None
    """A secret, or None for a login without a password."""
    password_digest: pulumi.Input[str] = ""
    """Changes with the password; not a secret."""
    generation: int | None = None
    """Of a generated password."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresConnection:
    """Everything that Coder knows about its database, independent of the cloud."""

    host: pulumi.Input[str]
    port: int
    database: str
    login: Login
    """The login in use."""
    idle_logins: tuple[Login, ...] = ()
    """Valid logins that are not in use: the other colour of a rotation."""
    ssl_mode: str
    """The strictest mode that the server's certificate passes."""
    ca_certificate: pulumi.Input[str] | None
    """PEM; None means the system's root certificates."""
    zone: Zone | None
    adopted_flavour: str = ""
    """The chart flavour that the settings declare for a database without our comment."""
    search_path: str = ""
    """Schemas, the first one Coder's; empty leaves it to the server."""
    firewall: str = ""
    """Who may connect, for the message of a time-out."""
    requires: tuple[pulumi.Resource, ...] = ()
    """Resources that the login needs, although no input refers to them."""

    @property
    def zone_name(self) -> str:
        """The cloud's name of the zone, or an empty string where the zone is unknown."""
        return self.zone.name if self.zone else ""

    @property
    def verifies_with_ca(self) -> bool:
        """Whether the client checks the server's certificate against `ca_certificate`."""
        return self.ca_certificate is not None and self.ssl_mode in VERIFIED

    @property
    def url(self) -> pulumi.Output[str]:
        """The libpq URL of the login in use, percent-encoded, a secret."""
        return self.url_of(self.login)

    def url_of(self, login: Login) -> pulumi.Output[str]:
        """The libpq URL of any of the logins, percent-encoded, a secret."""

        def build(parts: dict[str, str | None]) -> str:
            user = quote(login.username, safe="")
            if parts["password"] is not None:
                user += ":" + quote(parts["password"], safe="")
            host = parts["host"] or ""
            # RFC 3986: an IPv6 address in a URL stands in brackets.
            address = f"[{host}]" if ":" in host else host
            database = quote(self.database, safe="")
            path = f"&search_path={quote(self.search_path, safe='')}" if self.search_path else ""
            return f"postgresql://{user}@{address}:{self.port}/{database}?sslmode={self.ssl_mode}{path}"

        return pulumi.Output.secret(
            pulumi.Output.all(host=self.host, password=login.password).apply(build)
        )
