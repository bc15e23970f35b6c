"""A Cloud SQL for PostgreSQL instance with a private address in the cluster's network."""

import pulumi
import pulumi_random as random
from pulumi_gcp import sql

from components.connection import PORT, PostgresConnection
from components.database.database import Database, DatabaseArgs
from components.gcp.certificates import joined, private_name
from components.gcp.discovery import Placement
from components.gcp.instance import instance_inputs, name_prefix
from components.gcp.network import private_services
from components.gcp.policy import ADMIN, POLICY
from components.gcp.server_settings import CAS_CA
from components.gcp.settings import Settings
from components.gcp.stale_settings import refuse_stale_settings
from components.server import discovery
from components.server.identity import ServerIdentity, live_zone
from components.server.options import ServerOptionsArgs, server_options
from components.server.passwords import generated_password

DATABASE = "coder"
REPLACED_BY = (
    "another server.encryptionKeyName, region or gcp:project needs a new instance; make a new "
    "stack with restoreFrom"
)
ZONE, SECONDARY_ZONE = (f"settings.locationPreference.{each}" for each in ("zone", "secondaryZone"))
PostgresArgs = discovery.PostgresArgs[Settings, Placement]


class Postgres(pulumi.ComponentResource):
    """One Cloud SQL instance, its admin login, and Coder's database in it."""

    connection: PostgresConnection
    server: ServerIdentity

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:gcp:Postgres", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        generation = {"generation": str(args.server.spec.password_generation)}
        password = generated_password(f"{name}-admin-password", child, generation).result
        instance = self._instance(name, args)
        admin = sql.User(
            f"{name}-admin",
            project=args.found.project,
            instance=instance.name,
            # A restored instance has this user: the provider's users.insert sets its password
            # (terraform-google-modules/terraform-google-sql-db#17 and #461).
            name=ADMIN,
            password=password,
            # Cloud SQL drops no user that owns something; the instance goes with all of them.
            deletion_policy="ABANDON",
            opts=child,
        )
        host = self._host(args, instance)
        database = Database(
            f"{name}-database",
            DatabaseArgs(
                spec=args.server.spec,
                host=host,
                port=PORT,
                database=DATABASE,
                admin_username=admin.name,
                admin_password=password,
                ssl_mode=args.traits.ssl_mode,
                ca_certificate=self._authorities(args, instance),
                zone=args.found.zone,
                created_server=True,
            ),
            child,
        )
        self.connection = database.connection
        self.server = ServerIdentity(
            id=instance.self_link,
            # An address of private services access has no rules of its own: all of the network
            # reaches it.
            firewall_id=args.found.private_services.network,
            live_zone=live_zone(
                args.found.serving_zone, instance.settings.location_preference.zone
            ),
        )
        self.register_outputs({"instance": instance.name, "host": host})

    def _instance(self, name: str, args: PostgresArgs) -> "sql.DatabaseInstance":
        server, own, found = args.server, args.own, args.found
        connection = private_services(
            name, found.private_services, server.labels, self, protect=server.spec.protect
        )
        # A deleted instance's name can't be used for a week; a replaced one's is in use.
        suffix = random.RandomId(
            f"{name}-suffix",
            byte_length=4,
            keepers={
                "encryptionKeyName": own.server.encryption_key_name,
                "project": found.project,
                "region": found.region,
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        return sql.DatabaseInstance(
            f"{name}-server",
            name=pulumi.Output.concat(name_prefix(server.spec.stack), suffix.hex),
            **instance_inputs(server, own, found),
            opts=self._instance_options(name, args, connection),
        )

    def _instance_options(
        self, name: str, args: PostgresArgs, connection: list[pulumi.Resource]
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
                update_hooks=(refuse_stale_settings(f"{name}-server", live),) if live else (),
            ),
            self,
        )
        # The instance is made inside the connection; none of its properties refers to it.
        opts.depends_on = connection
        # A failover swaps the zones. A changed backup would be restored over the live data
        # (resource_sql_database_instance.go, Update).
        opts.ignore_changes = [ZONE, "clone", "restoreBackupContext"]
        if live and live.regional and live.secondary_zone == args.found.secondary_zone:
            opts.ignore_changes.append(SECONDARY_ZONE)
        return opts

    def _host(self, args: PostgresArgs, instance: "sql.DatabaseInstance") -> pulumi.Output[str]:
        if args.own.server.ca_mode == CAS_CA:
            return instance.dns_names.apply(private_name)
        return instance.private_ip_address

    def _authorities(
        self, args: PostgresArgs, instance: "sql.DatabaseInstance"
    ) -> pulumi.Input[str]:
        """Those that discovery found, or the only one of a new instance."""
        if args.found.authorities:
            return args.found.authorities
        made = instance.server_ca_certs.apply(lambda all: joined(each.cert or "" for each in all))
        # The SDK makes it a secret, which a CA is not.
        return pulumi.Output.unsecret(made)
