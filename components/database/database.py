"""A database with its owner role and two logins, created by a Job inside the cluster."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_kubernetes import core

from components.connection import Login, PostgresConnection
from components.database import generations
from components.database.namespace import namespace
from components.database.ownership import OWNERSHIP, SESSION, ownership_env
from components.database.spec import DatabaseSpec
from components.kubernetes.job import CONNECT, Job, JobArgs, tls_env
from components.server.passwords import generated_password
from components.server.zone import Zone

SCRIPT = Path(__file__).with_name("roles.sh")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """A server, its admin login, and the database to create in it."""

    spec: DatabaseSpec
    host: pulumi.Input[str]
    port: int
    database: str
    """The name of the database and of its owner role."""
    admin_username: str
    admin_password: pulumi.Input[str]
    ssl_mode: str
    ca_certificate: pulumi.Input[str] | None
    zone: Zone | None
    adopted_flavour: str = ""
    created_server: bool = False
    """Whether this stack created the server."""


class Database(pulumi.ComponentResource):
    """A database owned by a role that can't log in, and two login roles used in turn."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:postgres:Database", name, {}, opts)
        created = namespace(f"{name}-namespace", args.spec, self)
        passwords = {
            colour: generated_password(
                f"{name}-{colour}",
                # The hook of the Namespace refuses an invalid passwordGeneration before a password
                # is generated.
                pulumi.ResourceOptions(parent=self, depends_on=[created]),
                keepers={"generation": str(generation)},
            ).result
            for colour, generation in generations.by_colour(args.spec.password_generation).items()
        }
        inside = created.metadata.name.apply(str)
        credentials = self._credentials(name, args, inside, passwords)
        roles = self._roles(name, args, inside, credentials)
        self.connection = _connection(args, passwords, roles)
        self.register_outputs({"database": args.database})

    def _credentials(
        self,
        name: str,
        args: DatabaseArgs,
        namespace: pulumi.Input[str],
        passwords: Mapping[str, pulumi.Output[str]],
    ) -> core.v1.Secret:
        """The admin login and both new passwords, as the Job reads them."""
        ca = {} if args.ca_certificate is None else {"ca.crt": args.ca_certificate}
        return core.v1.Secret(
            f"{name}-credentials",
            metadata={"namespace": namespace},
            string_data={
                "username": args.admin_username,
                "password": pulumi.Output.secret(args.admin_password),
                **passwords,
                **ca,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _roles(
        self,
        name: str,
        args: DatabaseArgs,
        namespace: pulumi.Input[str],
        credentials: core.v1.Secret,
    ) -> Job:
        return Job(
            f"{name}-roles",
            JobArgs(
                namespace=namespace,
                image=args.spec.tools_image,
                scripts=(CONNECT, SESSION, OWNERSHIP, SCRIPT),
                env={
                    "PGHOST": args.host,
                    "PGPORT": str(args.port),
                    "DATABASE": args.database,
                    **tls_env(args.ssl_mode, args.ca_certificate is not None),
                    **ownership_env(
                        args.spec, args.adopted_flavour, created_server=args.created_server
                    ),
                },
                secret_name=credentials.metadata.name.apply(str),
                trigger={"generation": str(args.spec.password_generation)},
                zone=args.zone,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _connection(
    args: DatabaseArgs, passwords: Mapping[str, pulumi.Output[str]], roles: Job
) -> PostgresConnection:
    logins = {
        colour: Login(
            secret_name=f"coder-db-{colour}",
            username=f"{args.database}_{colour}",
            password=pulumi.Output.secret(password),
        )
        for colour, password in passwords.items()
    }
    in_use = generations.colour(args.spec.password_generation)
    return PostgresConnection(
        host=args.host,
        port=args.port,
        database=args.database,
        login=logins.pop(in_use),
        idle_logins=tuple(logins.values()),
        ssl_mode=args.ssl_mode,
        ca_certificate=args.ca_certificate,
        zone=args.zone,
        generation=args.spec.password_generation,
        adopted_flavour=args.adopted_flavour,
        requires=(roles,),
    )
