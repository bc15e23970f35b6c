"""A PostgreSQL server that is already there: nothing is made outside the cluster."""

import dataclasses
import ipaddress
import re
from collections.abc import Iterator

import pulumi

from components import postgres
from components.charts import FLAVOURS
from components.database import Database, DatabaseArgs
from components.postgres import Login, PostgresConnection

SSL_MODES = ("require", "verify-ca", "verify-full")
HOST_NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.?)+", re.IGNORECASE)
ROLE_NAME = re.compile(r"[a-z_][a-z0-9_]{0,56}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerArgs:
    """The setting `existing`: the server, and the login to use or the admin's to make one with."""

    host: str
    port: int = postgres.PORT
    database: str = "coder"
    username: str = ""
    password: str = dataclasses.field(default="", repr=False)
    ssl_mode: str = "verify-full"
    admin_username: str = ""
    admin_password: str = dataclasses.field(default="", repr=False)
    max_connections: int = 0
    """The server's limit where it is known; 0 leaves the budget to the preflight."""
    flavour: str = ""
    """`classic` or `v2`: whose tables a database without our mark holds."""

    def problems(self) -> Iterator[str]:
        """A line for every value that can't be right."""
        if not _is_host(self.host):
            yield (
                f'existing.host: is "{self.host}", must be a host name or an IP address, without '
                "scheme, port or path"
            )
        if not 1 <= self.port <= 65535:
            yield f"existing.port: is {self.port}, must be 1 to 65535"
        if self.ssl_mode not in SSL_MODES:
            yield f'existing.sslMode: is "{self.ssl_mode}", must be one of {", ".join(SSL_MODES)}'
        if self.flavour not in ("", *FLAVOURS):
            yield f'existing.flavour: is "{self.flavour}", must be {" or ".join(FLAVOURS)}'
        if not 0 <= self.max_connections <= 262143:
            yield f"existing.maxConnections: is {self.max_connections}, must be 1 to 262143"
        if self.admin_username and self.username:
            yield (
                "existing.username: is given beside existing.adminUsername; give the admin login "
                "to have a role made, or a login to use as it is, not both"
            )
        if not self.admin_username and not self.username:
            yield (
                "existing.username: missing; type `pulumi config set --path existing.username …`, "
                "or give existing.adminUsername and existing.adminPassword to have a role made"
            )
        if self.admin_username and not self.admin_password:
            yield (
                "existing.adminPassword: missing; type "
                "`pulumi config set --secret --path existing.adminPassword`"
            )
        if self.admin_username and not ROLE_NAME.fullmatch(self.database):
            yield (
                f'existing.database: is "{self.database}", must be at most 57 of a-z, 0-9 and _ '
                "and not begin with a digit: the roles are named after it"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs(postgres.PostgresArgs):
    """What every cloud is asked for, and the server that is there."""

    existing: ServerArgs

    def problems(self) -> Iterator[str]:
        """A line for every setting of this server that can't be right."""
        yield from super().problems()
        yield from self.existing.problems()
        if self.ssl_mode == "verify-ca" and self.ca_certificate is None:
            yield (
                "caCertificate: missing; verify-ca needs the server's CA, as the system's roots "
                "would accept anybody's certificate; give its path, or set existing.sslMode to "
                "verify-full"
            )
        generation = self.plan.password_generation
        if self.existing.username and generation != 1:
            yield (
                f"passwordGeneration: is {generation}, yet existing.username is used as it is and "
                "nothing rotates; set it to 1, or give an admin login"
            )

    @property
    def ssl_mode(self) -> str:
        return self.existing.ssl_mode

    @property
    def has_password(self) -> bool:
        return bool(self.existing.admin_username or self.existing.password)

    @property
    def max_connections(self) -> int | None:
        return self.existing.max_connections or None


class Postgres(pulumi.ComponentResource):
    """The server that is there, and in it, given an admin login, a role and a database."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:existing:Postgres", name, {}, opts)
        server = args.existing
        if server.admin_username:
            database = Database(
                f"{name}-database",
                DatabaseArgs(
                    plan=args.plan,
                    host=server.host,
                    port=server.port,
                    database=server.database,
                    admin_username=server.admin_username,
                    admin_password=pulumi.Output.secret(server.admin_password),
                    ssl_mode=server.ssl_mode,
                    ca_certificate=args.ca_certificate,
                    zone=args.zone,
                    adopted_flavour=server.flavour,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            self.connection = database.connection
        else:
            password = pulumi.Output.secret(server.password) if server.password else None
            self.connection = PostgresConnection(
                host=server.host,
                port=server.port,
                database=server.database,
                login=Login(secret_name="coder-db", username=server.username, password=password),
                ssl_mode=server.ssl_mode,
                ca_certificate=args.ca_certificate,
                zone=args.zone,
                adopted_flavour=server.flavour,
            )
        if not args.plan.protect:
            pulumi.info(
                f"`pulumi destroy` would leave on {server.host} what is there: database "
                f"{server.database} with its data and roles; drop them by hand if they are to go",
                self,
            )
        self.register_outputs({"host": server.host})


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Digits and dots alone are an address that is wrong, not a name.
        return bool(HOST_NAME.fullmatch(host)) and not re.fullmatch(r"[\d.]+", host)
    return True
