"""The role, its two logins and the database in a server, made by a Job inside the cluster."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_random as random
from pulumi_kubernetes import core

from components import protection
from components.jobs import Job, JobArgs, tls_env
from components.postgres import DatabasePlan, Login, PostgresConnection

GENERATION = "coder/password-generation"


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
                "annotations": {GENERATION: str(plan.password_generation)},
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=pulumi.ResourceHookBinding(
                    before_update=[protection.refuse_update("passwordGeneration", _jump)]
                ),
            ),
        )
        generations = _generations(plan.password_generation)
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
            for colour, generation in generations.items()
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
                scripts=("connect", "mark", "roles"),
                env={
                    "PGHOST": args.host,
                    "PGPORT": str(args.port),
                    "DATABASE": args.database,
                    **tls_env(args.ssl_mode, args.ca_certificate is not None),
                    **mark_env(plan, args.adopted_flavour),
                },
                secret_name=credentials.metadata.name.apply(str),
                deadline_seconds=180,
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
        in_use = _colour(plan.password_generation)
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


def mark_env(plan: DatabasePlan, adopted_flavour: str) -> dict[str, str]:
    """What scripts/mark.sh compares a database's comment with."""
    return {
        "MARK_STACK": plan.stack,
        "MARK_FLAVOUR": plan.flavour,
        "MARK_ADOPTED": adopted_flavour,
    }


def _colour(generation: int) -> str:
    return "blue" if generation % 2 else "green"


def _generations(generation: int) -> dict[str, int]:
    """Which generation each login's password is of: blue the last odd one, green the last even."""
    other = generation - 1
    return {_colour(generation): generation, _colour(other): other}


def _jump(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Refuses a generation that would change the password of the login in use."""
    was, wanted = (int(inputs["metadata"]["annotations"][GENERATION]) for inputs in (old, new))
    if wanted in (was, was + 1):
        return None
    return (
        f"it is {wanted} and was {was}, must be {was} or {was + 1}: only the idle "
        f"login's password may change; type `pulumi config set passwordGeneration {was + 1}`"
    )
