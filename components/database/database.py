"""The role, its two logins and the database in a server, made by a Job inside the cluster."""

import dataclasses
from pathlib import Path

import pulumi
import pulumi_random as random
from pulumi_kubernetes import core

from components import guards
from components.connection import DatabasePlan, Login, PostgresConnection
from components.database import generations
from components.kubernetes.job import CONNECT, DEADLINE_SECONDS, Job, JobArgs, tls_env

SCRIPT = Path(__file__).with_name("roles.sh")
OWNERSHIP = Path(__file__).with_name("ownership.sh")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """A server, its admin login, and what is to be made in it."""

    plan: DatabasePlan
    host: pulumi.Input[str]
    port: int
    database: str
    admin_username: str
    admin_password: pulumi.Input[str]
    ssl_mode: str
    ca_certificate: pulumi.Input[str] | None
    zone: str
    adopted_flavour: str = ""
    server_is_ours: bool = False
    """Then another stack's database in it came with a snapshot, and is this stack's now."""


class Database(pulumi.ComponentResource):
    """A database owned by a role that can't log in, and two logins that take turns."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:postgres:Database", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        plan = args.plan
        # The admin login is kept out of Coder's namespace, where every workspace is a neighbour.
        namespace = core.v1.Namespace(
            f"{name}-namespace",
            metadata={
                "name": f"{plan.namespace}-database",
                "annotations": {generations.ANNOTATION: str(plan.password_generation)},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=pulumi.ResourceHookBinding(
                    before_update=[
                        guards.refuse_update(
                            f"{name}-namespace: passwordGeneration",
                            [guards.ChangeRule(validate_update=generations.jump, impossible=True)],
                        )
                    ]
                ),
            ),
        )
        in_turn = generations.by_colour(plan.password_generation)
        passwords = {
            colour: random.RandomPassword(
                f"{name}-{colour}",
                length=32,
                override_special="-_~",
                min_lower=1,
                min_upper=1,
                min_numeric=1,
                min_special=1,
                keepers={"generation": str(generation)},
                # A refused generation must not have touched a password before it is refused.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
            ).result
            for colour, generation in in_turn.items()
        }
        credentials = core.v1.Secret(
            f"{name}-credentials",
            metadata={"namespace": namespace.metadata.name},
            string_data={
                "username": args.admin_username,
                "password": pulumi.Output.secret(args.admin_password),
                **passwords,
                **({"ca.crt": args.ca_certificate} if args.ca_certificate else {}),
            },
            opts=child,
        )
        roles = Job(
            f"{name}-roles",
            JobArgs(
                namespace=namespace.metadata.name,
                image=plan.tools_image,
                scripts=(CONNECT, OWNERSHIP, SCRIPT),
                env={
                    "PGHOST": args.host,
                    "PGPORT": str(args.port),
                    "DATABASE": args.database,
                    **tls_env(args.ssl_mode, args.ca_certificate is not None),
                    **mark_env(plan, args.adopted_flavour, args.server_is_ours),
                },
                secret_name=credentials.metadata.name.apply(str),
                deadline_seconds=DEADLINE_SECONDS,
                trigger={"generation": str(plan.password_generation)},
                zone=args.zone,
            ),
            child,
        )
        logins = {
            colour: Login(
                secret_name=f"coder-db-{colour}",
                username=f"{args.database}_{colour}",
                password=pulumi.Output.secret(password),
            )
            for colour, password in passwords.items()
        }
        in_use = generations.colour(plan.password_generation)
        self.connection = PostgresConnection(
            host=args.host,
            port=args.port,
            database=args.database,
            login=logins.pop(in_use),
            idle_logins=tuple(logins.values()),
            ssl_mode=args.ssl_mode,
            ca_certificate=args.ca_certificate,
            zone=args.zone,
            generation=plan.password_generation,
            adopted_flavour=args.adopted_flavour,
            requires=(roles,),
        )
        self.register_outputs({"database": args.database})


def mark_env(
    plan: DatabasePlan, adopted_flavour: str, server_is_ours: bool = False
) -> dict[str, str]:
    """What ownership.sh compares a database's comment with."""
    return {
        "MARK_STACK": plan.stack,
        "MARK_FLAVOUR": plan.flavour,
        "MARK_ADOPTED": adopted_flavour,
        **({"MARK_ANY_STACK": "yes"} if server_is_ours else {}),
    }
