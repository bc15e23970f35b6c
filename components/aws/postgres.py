"""An RDS for PostgreSQL instance that only the cluster's nodes can reach."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components import guards
from components.aws.instance import instance_inputs, is_replaced, snapshot_prefix
from components.aws.instance_options import PostgresArgs, instance_options
from components.aws.log_groups import log_groups
from components.aws.network import ANOTHER_VPC, admit_clients, firewall_args, firewall_rule
from components.aws.parameters import parameter_group
from components.aws.policy import DATABASE
from components.aws.refused_changes import stored_subnets
from components.connection import PORT, PostgresConnection
from components.database import generations
from components.database.database import Database, DatabaseArgs
from components.server.identity import ServerIdentity, live_zone
from components.server.passwords import generated_password


class Postgres(pulumi.ComponentResource):
    """One RDS instance, its subnet group, its firewall, and Coder's database in it."""

    connection: PostgresConnection
    server: ServerIdentity

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:aws:Postgres", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        keepers = generations.admin_keepers(args.server.spec.password_generation)
        password = generated_password(f"{name}-admin-password", child, keepers).result
        group, rules = admit_clients(name, firewall_args(args.server, args.found), self)
        instance = self._instance(name, args, password, group, rules)
        database = Database(
            f"{name}-database",
            DatabaseArgs(
                spec=args.server.spec,
                # Not the endpoint, which is host and port.
                host=instance.address,
                port=PORT,
                database=DATABASE,
                # A restored instance has the login of its source.
                admin_username=instance.username,
                admin_password=password,
                ssl_mode=args.traits.ssl_mode,
                ca_certificate=args.found.authorities,
                zone=args.found.zone,
                created_server=True,
                firewall=firewall_rule(args.found.client_security_group_ids),
            ),
            child,
        )
        self.connection = database.connection
        live = args.found.live
        found = live.zone if live and not is_replaced(args.own, live) else ""
        self.server = ServerIdentity(
            id=instance.arn,
            firewall_id=group.id,
            live_zone=live_zone(found, instance.availability_zone),
        )
        self.register_outputs({"instance": instance.identifier, "host": instance.address})

    def _instance(
        self,
        name: str,
        args: PostgresArgs,
        password: pulumi.Output[str],
        firewall: "aws.ec2.SecurityGroup",
        rules: Sequence[pulumi.Resource],
    ) -> "aws.rds.Instance":
        server, own, found = args.server, args.own, args.found
        subnets = aws.rds.SubnetGroup(
            f"{name}-subnets",
            subnet_ids=list(found.subnet_ids),
            tags=server.labels,
            opts=guards.protected(
                self, f"{name}-subnets", protect=server.spec.protect, because=ANOTHER_VPC
            ),
        )
        # A replaced server leaves a final snapshot too, and the next one's must not clash with it.
        suffix = random.RandomId(
            f"{name}-final-snapshot",
            byte_length=4,
            keepers={"kmsKeyId": own.server.kms_key_id},
            opts=pulumi.ResourceOptions(parent=self),
        )
        parameters = parameter_group(f"{name}-parameters", server, own.server, found.live, self)
        prefix = snapshot_prefix(server.spec.stack)
        # Not left to the provider: the log groups, which are made before, have it in their names.
        identifier = pulumi.Output.concat(f"{name}-server", suffix.hex)
        if found.live and not is_replaced(own, found.live):
            identifier = found.live.identifier
        logs = log_groups(name, identifier, server, own, self) if found.makes_log_groups else []
        return aws.rds.Instance(
            f"{name}-server",
            **instance_inputs(server, own, found),
            identifier=identifier,
            password=password,
            db_subnet_group_name=stored_subnets(subnets, found.subnet_ids),
            vpc_security_group_ids=[firewall.id],
            parameter_group_name=parameters,
            final_snapshot_identifier=pulumi.Output.concat(prefix, suffix.hex),
            opts=instance_options(name, args, [*rules, *logs], self),
        )
