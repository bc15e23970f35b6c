"""A PostgreSQL server that is already there: nothing is made outside the cluster."""

import dataclasses
from collections.abc import Iterator

import pulumi

from components import connection
from components.connection import ConnectionTraits, Login, PostgresConnection
from components.database.database import Database, DatabaseArgs
from components.existing.server import ServerArgs


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs(connection.PostgresArgs):
    """What every cloud is asked for, and the server that is there."""

    existing: ServerArgs

    def problems(self) -> Iterator[str]:
        """A line for every setting of this server that can't be right."""
        yield from super().problems()
        yield from self.existing.problems()
        if self.existing.ssl_mode == "verify-ca" and self.ca_certificate is None:
            yield (
                "caCertificate: missing; verify-ca needs the server's CA, as the system's roots "
                "would accept anybody's certificate; give its path, or set existing.sslMode to "
                "verify-full"
            )
        generation = self.spec.password_generation
        if self.existing.username and generation != 1:
            yield (
                f"passwordGeneration: is {generation}, yet existing.username is used as it is and "
                "nothing rotates; set it to 1, or give an admin login"
            )

    @property
    def traits(self) -> ConnectionTraits:
        limit = self.existing.max_connections
        return dataclasses.replace(
            super().traits,
            ssl_mode=self.existing.ssl_mode,
            has_password=bool(self.existing.admin_username or self.existing.password),
            max_connections=limit if limit > 0 else None,
        )


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
                    spec=args.spec,
                    host=server.host,
                    port=server.port,
                    database=server.database,
                    admin_username=server.admin_username,
                    admin_password=pulumi.Output.secret(server.admin_password),
                    ssl_mode=server.ssl_mode,
                    ca_certificate=args.ca_certificate,
                    zone=args.traits.zone,
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
                zone=args.traits.zone,
                adopted_flavour=server.flavour,
            )
        if not args.spec.protect:
            pulumi.info(
                f"`pulumi destroy` would leave on {server.host} what is there: database "
                f"{server.database} with its data and roles; drop them by hand if they are to go",
                self,
            )
        self.register_outputs({"host": server.host})
