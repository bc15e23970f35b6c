"""An RDS for PostgreSQL instance that only the cluster's nodes can reach."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components import guards
from components.aws.discovery import Placement
from components.aws.instance import (
    ignored_changes,
    instance_inputs,
    is_replaced,
    refuse_standby_at_creation,
    snapshot_prefix,
)
from components.aws.log_groups import log_groups
from components.aws.network import ANOTHER_VPC, FirewallArgs, admit_clients, firewall_rule
from components.aws.parameters import other_group_hook, parameter_group
from components.aws.policy import DATABASE, POLICY
from components.aws.refused_changes import refuse_lost_changes, stored_subnets
from components.aws.settings import Settings
from components.connection import PORT, PostgresConnection
from components.database import generations
from components.database.database import Database, DatabaseArgs
from components.server import discovery
from components.server.options import ServerOptionsArgs, server_options
from components.server.passwords import generated_password

REPLACED_BY = (
    "another server.kmsKeyId or region needs a new instance; take a snapshot, copy it under that "
    "key or to that region, and make a new stack with restoreFrom"
)
PostgresArgs = discovery.PostgresArgs[Settings, Placement]


class Postgres(pulumi.ComponentResource):
    """One RDS instance, its subnet group, its firewall, and Coder's database in it."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:aws:Postgres", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        keepers = generations.admin_keepers(args.server.spec.password_generation)
        password = generated_password(f"{name}-admin-password", child, keepers or None).result
        instance = self._instance(name, args, password)
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
        self.register_outputs({"instance": instance.identifier, "host": instance.address})

    def _instance(
        self, name: str, args: PostgresArgs, password: pulumi.Output[str]
    ) -> "aws.rds.Instance":
        server, own, found = args.server, args.own, args.found
        firewall = FirewallArgs(
            vpc_id=found.vpc_id,
            client_security_group_ids=found.client_security_group_ids,
            labels=server.labels,
            protect=server.spec.protect,
        )
        group, rules = admit_clients(name, firewall, self)
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
            vpc_security_group_ids=[group.id],
            parameter_group_name=parameters,
            final_snapshot_identifier=pulumi.Output.concat(prefix, suffix.hex),
            opts=self._instance_options(name, args, [*rules, *logs]),
        )

    def _instance_options(
        self, name: str, args: PostgresArgs, needed: list[pulumi.Resource]
    ) -> pulumi.ResourceOptions:
        live = args.found.live
        opts = server_options(
            f"{name}-server",
            ServerOptionsArgs(
                policy=POLICY,
                server=args.server,
                component=name,
                live=live,
                window=f"{args.own.server.maintenance_window} UTC",
                replaced_by=REPLACED_BY,
                creation_refusals=(refuse_standby_at_creation(args.server),),
                update_hooks=(
                    other_group_hook(f"{name}-server", live, self),
                    *([refuse_lost_changes(f"{name}-server", live)] if live else []),
                ),
            ),
            self,
        )
        # No property of the instance expresses that its clients need the ingress rules, and that
        # RDS makes log groups of its own where there are none.
        opts.depends_on = needed
        opts.ignore_changes = ignored_changes(args.own, args.found.live)
        return opts
