"""An RDS for PostgreSQL instance that only the cluster's nodes can reach."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components import connection, guards
from components.aws import instance
from components.aws.announcements import announce, announce_parameters
from components.aws.arguments import PostgresArgs
from components.aws.changes import ANOTHER_KEY, first, refuse
from components.aws.firewall import ANOTHER_VPC, admit_clients
from components.aws.parameters import apply_method
from components.aws.settings import ADMIN
from components.connection import PostgresConnection
from components.database.database import Database, DatabaseArgs
from components.server.passwords import generated_password

DATABASE = "coder"


class Postgres(pulumi.ComponentResource):
    """One RDS instance, its subnet group, its firewall, and Coder's database in it."""

    connection: PostgresConnection

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:aws:Postgres", name, {}, opts)
        if args.found is None:
            raise ValueError("a server can't be made without what was found of its network")
        found, protect = args.found, args.spec.protect
        child = pulumi.ResourceOptions(parent=self)
        firewall, rules = admit_clients(name, args, found, self)
        subnets = aws.rds.SubnetGroup(
            f"{name}-subnets",
            subnet_ids=list(found.subnet_ids),
            tags=args.labels,
            opts=guards.protected(
                self, "The server's subnet group", protect=protect, because=ANOTHER_VPC
            ),
        )
        password = generated_password(f"{name}-admin-password", child)
        # A replaced server leaves a final snapshot too, and the next one's must not clash with it.
        suffix = random.RandomId(
            f"{name}-final-snapshot",
            byte_length=4,
            keepers={"kmsKeyId": args.server.kms_key_id},
            opts=child,
        )
        server = aws.rds.Instance(
            f"{name}-server",
            **instance.inputs(args),
            username=ADMIN,
            password=password.result,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[firewall.id],
            parameter_group_name=self._parameters(name, args),
            final_snapshot_identifier=pulumi.Output.concat(
                instance.snapshot_prefix(args.spec.stack), suffix.hex
            ),
            opts=self._server_options(name, args, rules),
        )
        database = Database(
            f"{name}-database",
            DatabaseArgs(
                spec=args.spec,
                # Not the endpoint, which is host and port.
                host=server.address,
                port=connection.PORT,
                database=DATABASE,
                admin_username=ADMIN,
                admin_password=password.result,
                ssl_mode=args.traits.ssl_mode,
                ca_certificate=args.authorities,
                zone=args.traits.zone,
                created_server=True,
            ),
            child,
        )
        self.connection = database.connection
        self.register_outputs({"instance": server.identifier, "host": server.address})

    def _parameters(self, name: str, args: PostgresArgs) -> pulumi.Input[str]:
        if not args.parameters:
            # Not None, which would leave the server with the group that it once had.
            return f"default.postgres{args.version}"
        group = aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=f"postgres{args.version}",
            parameters=[
                {"name": key, "value": value, "apply_method": apply_method(key)}
                for key, value in sorted(args.parameters.items())
            ],
            tags=args.labels,
            opts=pulumi.ResourceOptions(
                parent=self,
                hooks=pulumi.ResourceHookBinding(before_update=[announce_parameters(self, args)]),
            ),
        )
        return group.name

    def _server_options(
        self, name: str, args: PostgresArgs, rules: list[pulumi.Resource]
    ) -> pulumi.ResourceOptions:
        opts = guards.protected(
            self,
            "The PostgreSQL server",
            protect=args.spec.protect,
            because=ANOTHER_KEY,
            rules=[guards.ChangeRule(validate_update=refuse)],
        )
        # A login needs the rules, and knows of nothing but the server's name.
        opts.depends_on = rules
        hooks = opts.hooks or pulumi.ResourceHookBinding()
        hooks.before_create = [first(name, args)]
        hooks.before_update = [*(hooks.before_update or []), announce(self, args)]
        opts.hooks = hooks
        # A failover moves the zone; what it was restored from is read once.
        opts.ignore_changes = ["availabilityZone", "snapshotIdentifier", "restoreToPointInTime"]
        opts.custom_timeouts = pulumi.CustomTimeouts(create="60m", update="80m", delete="60m")
        return opts
