"""A database with its owner role and two logins, created by a Job inside the cluster."""

from collections.abc import Mapping
from pathlib import Path

import pulumi
from pulumi_kubernetes import core

from components.connection import Login, PostgresConnection
from components.database import generations
from components.database.args import DatabaseArgs
from components.database.logins import logins
from components.database.namespace import namespace
from components.database.ownership import OWNERSHIP, ownership_env
from components.kubernetes.job import CONNECT, Job, JobArgs, tls_env
from components.server.passwords import ANOTHER_ADMIN_PASSWORD, digest_key, password_digest

SCRIPTS = (
    CONNECT,
    *OWNERSHIP,
    Path(__file__).with_name("role_problems.sh"),
    Path(__file__).with_name("roles.sh"),
)


class Database(pulumi.ComponentResource):
    """A database owned by a role that can't log in, and two login roles used in turn."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:postgres:Database", name, {}, opts)
        inside = namespace(f"{name}-namespace", args.spec, self)
        key = digest_key(f"{name}-digest-key", pulumi.ResourceOptions(parent=self))
        made = logins(
            name,
            args.database,
            args.spec.password_generation,
            key,
            pulumi.ResourceOptions(parent=self),
        )
        credentials = self._credentials(name, args, inside, made)
        # The Job proves every login that it gets again when its password changes.
        digests = {colour: login.password_digest for colour, login in made.items()}
        digests["admin"] = password_digest(key, args.admin_password)
        roles = self._roles(name, args, inside, credentials, digests)
        self.connection = _connection(args, made, roles)
        self.register_outputs({"database": args.database})

    def _credentials(
        self,
        name: str,
        args: DatabaseArgs,
        namespace: pulumi.Input[str],
        logins: Mapping[str, Login],
    ) -> core.v1.Secret:
        """The admin login and both new passwords, as the Job reads them."""
        return core.v1.Secret(
            f"{name}-credentials",
            metadata={"namespace": namespace},
            string_data={
                "username": args.admin_username,
                "password": pulumi.Output.secret(args.admin_password),
                **{
                    colour: login.password
                    for colour, login in logins.items()
                    if login.password is not None
                },
                **({} if args.ca_certificate is None else {"ca.crt": args.ca_certificate}),
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _roles(
        self,
        name: str,
        args: DatabaseArgs,
        namespace: pulumi.Input[str],
        credentials: core.v1.Secret,
        digests: Mapping[str, pulumi.Input[str]],
    ) -> Job:
        return Job(
            f"{name}-roles",
            JobArgs(
                component="roles",
                cluster=args.spec.cluster,
                namespace=namespace,
                pods=args.spec.job_pods,
                scripts=SCRIPTS,
                env={
                    "PGHOST": args.host,
                    "PGPORT": str(args.port),
                    "DATABASE": args.database,
                    "SEARCH_PATH": args.search_path,
                    "FIREWALL": args.firewall,
                    # An administrator, or an update that the cloud refused, may have left another.
                    **({"PASSWORD_CURE": ANOTHER_ADMIN_PASSWORD} if args.created_server else {}),
                    **tls_env(args.ssl_mode, args.ca_certificate is not None),
                    **ownership_env(
                        args.spec, args.adopted_flavour, created_server=args.created_server
                    ),
                },
                secret_name=credentials.metadata.name.apply(str),
                trigger=digests,
                zone=args.zone,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _connection(args: DatabaseArgs, logins: Mapping[str, Login], roles: Job) -> PostgresConnection:
    in_use = generations.colour(args.spec.password_generation)
    idle = tuple(login for colour, login in logins.items() if colour != in_use)
    return PostgresConnection(
        host=args.host,
        port=args.port,
        database=args.database,
        login=logins[in_use],
        idle_logins=idle,
        ssl_mode=args.ssl_mode,
        ca_certificate=args.ca_certificate,
        zone=args.zone,
        adopted_flavour=args.adopted_flavour,
        search_path=args.search_path,
        firewall=args.firewall,
        requires=(roles,),
    )
