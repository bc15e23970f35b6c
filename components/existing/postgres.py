"""A PostgreSQL server that is already there: nothing is made outside the cluster."""

import dataclasses

import pulumi

from components.connection import Login, PostgresConnection
from components.database.database import Database, DatabaseArgs
from components.existing.settings import Settings
from components.server import discovery
from components.server.discovery import Discovery
from components.server.identity import ServerIdentity
from components.server.passwords import digest_key, password_digest

PostgresArgs = discovery.PostgresArgs[Settings, Discovery]


class Postgres(pulumi.ComponentResource):
    """The existing server, and in it, given an admin login, a role and a database."""

    connection: PostgresConnection
    server: ServerIdentity

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:existing:Postgres", name, {}, opts)
        server, spec = args.own.existing, args.server.spec
        self.server = ServerIdentity()
        if server.admin_username:
            database = Database(
                f"{name}-database",
                DatabaseArgs(
                    spec=spec,
                    host=server.host,
                    port=server.port,
                    database=server.database,
                    admin_username=server.admin_username,
                    admin_password=pulumi.Output.secret(server.admin_password),
                    ssl_mode=server.ssl_mode,
                    ca_certificate=args.server.ca_certificate,
                    zone=args.found.zone,
                    adopted_flavour=server.flavour,
                    search_path=server.search_path,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            self.connection = database.connection
        else:
            self.connection = self._given_login(name, args)
        if not spec.protect:
            pulumi.info(
                f"`pulumi destroy` leaves database {server.database} on {server.host}, with its "
                "data and roles; drop them by hand if they are no longer needed",
                self,
            )
        self.register_outputs({"host": server.host})

    def _given_login(self, name: str, args: PostgresArgs) -> PostgresConnection:
        """The connection by a login that is used as it is."""
        server = args.own.existing
        login = Login(secret_name="coder-db", username=server.username, password=None)
        if server.password:
            password = pulumi.Output.secret(server.password)
            key = digest_key(f"{name}-digest-key", pulumi.ResourceOptions(parent=self))
            login = dataclasses.replace(
                login, password=password, password_digest=password_digest(key, password)
            )
        return PostgresConnection(
            host=server.host,
            port=server.port,
            database=server.database,
            login=login,
            ssl_mode=server.ssl_mode,
            ca_certificate=args.server.ca_certificate,
            zone=args.found.zone,
            adopted_flavour=server.flavour,
            search_path=server.search_path,
        )
