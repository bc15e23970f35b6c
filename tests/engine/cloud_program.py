"""A cloud's server without the roles and database, which need a cluster."""

import importlib
from typing import Any

import pulumi

import settings


class NoDatabase:
    connection = None

    def __init__(self, name: str, args: Any, opts: Any) -> None:
        self.args = args


cloud = pulumi.Config().require("cloud")
vars(importlib.import_module(f"components.{cloud}.postgres"))["Database"] = NoDatabase
stack = settings.load()
server = stack.cloud.Postgres("postgres", stack.postgres, pulumi.ResourceOptions())
pulumi.export("databaseId", server.server.id)
pulumi.export("databaseFirewallId", server.server.firewall_id)
pulumi.export("databaseLiveZone", server.server.live_zone)
