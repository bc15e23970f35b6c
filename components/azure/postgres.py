"""An Azure Database for PostgreSQL flexible server that only the cluster's network can reach."""

import pulumi
import pulumi_azure_native as azure

from components.azure.creation import announce_second_update, end_of_restore, ignored
from components.azure.discovery import Placement
from components.azure.endpoint import private_endpoint
from components.azure.limits import ADMIN
from components.azure.lock import lock_server, unlock_server
from components.azure.network import ServerNetwork
from components.azure.network_args import NetworkArgs
from components.azure.parameters import ParametersArgs, parameter_values, set_parameters
from components.azure.server_inputs import server_inputs
from components.azure.server_options import options_of
from components.azure.settings import Settings
from components.connection import PORT, PostgresConnection
from components.database import generations
from components.database.database import Database, DatabaseArgs
from components.server import discovery
from components.server.identity import ServerIdentity, live_zone
from components.server.passwords import generated_password

DATABASE = "coder"
PostgresArgs = discovery.PostgresArgs[Settings, Placement]


class Postgres(pulumi.ComponentResource):
    """One flexible server, its network, its parameters, and Coder's database in it."""

    connection: PostgresConnection
    server: ServerIdentity

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("coder:azure:Postgres", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        live = args.found.live
        keepers = generations.admin_keepers(args.server.spec.password_generation)
        # A restored server has its source's password until the next update sets one of its own.
        if live and live.restored_from:
            keepers["restoredFrom"] = live.restored_from
        password = generated_password(f"{name}-admin-password", child, keepers).result
        server, children = self._server(name, args, password)
        host = _host(server, children, args.found)
        database = Database(
            f"{name}-database",
            DatabaseArgs(
                spec=args.server.spec,
                host=host,
                port=PORT,
                database=DATABASE,
                admin_username=ADMIN,
                admin_password=password,
                ssl_mode=args.traits.ssl_mode,
                ca_certificate=args.found.authorities,
                zone=args.found.zone,
                created_server=True,
            ),
            child,
        )
        self.connection = database.connection
        self.register_outputs({"server": server.name, "host": host})

    def _server(
        self, name: str, args: PostgresArgs, password: pulumi.Output[str]
    ) -> tuple["azure.dbforpostgresql.Server", list[pulumi.CustomResource]]:
        """The server and its children, made one after the other."""
        protect, live = args.server.spec.protect, args.found.live
        networking = NetworkArgs(
            plan=args.found.network,
            labels=args.server.labels,
            protect=protect,
            component=name,
        )
        network = ServerNetwork(name, networking, self)
        network_inputs = network.server_inputs()
        inputs = server_inputs(args.server, args.own, args.found)
        announce_second_update(args.own, args.found, self)
        opts = options_of(f"{name}-server", name, args.server, args.own, args.found, self)
        opts.depends_on = network.links
        opts.ignore_changes = ignored(inputs["create_mode"])
        server = azure.dbforpostgresql.Server(
            f"{name}-server",
            **inputs,
            # The SDK does not mark it as a secret.
            administrator_login_password=pulumi.Output.secret(password),
            network=network_inputs,
            opts=opts,
        )
        children = private_endpoint(f"{name}-endpoint", networking, network, server, self)
        # Network security groups apply to a subnet and to an endpoint.
        subnet = network_inputs.delegated_subnet_resource_id
        self.server = ServerIdentity(
            id=server.id,
            firewall_id=pulumi.Output.from_input(subnet or children[0].id).apply(str),
            live_zone=live_zone(live.zone if live else "", server.availability_zone),
        )
        children += set_parameters(
            f"{name}-parameter",
            ParametersArgs(
                resource_group=args.own.resource_group,
                server=server,
                server_name=args.found.network.server_name,
                values=parameter_values(args.server, args.own, args.found),
                after=children[-1] if children else server,
            ),
            self,
        )
        if protect and args.own.server.management_lock:
            lock_server(f"{name}-lock", server, children, self)
        else:
            unlock_server(f"{name}-lock")
        return server, children


def _host(
    server: "azure.dbforpostgresql.Server", children: list[pulumi.CustomResource], found: Placement
) -> pulumi.Output[str]:
    """The server's name, once its children are there and its admin password is in force.

    The preview of any change of the server has no outputs but its ID, and the name never changes.
    """
    made = pulumi.Output.all(server.id, *[each.id for each in children])
    if found.live:
        known = found.live.host
        return made.apply(lambda _: known)
    named = pulumi.Output.all(server.fully_qualified_domain_name, made)
    return named.apply(lambda all: end_of_restore(all[0], found))
