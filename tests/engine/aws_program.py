"""The program's AWS server without the roles and database, which need a cluster."""

from typing import Any

import pulumi

import settings
from components.aws import postgres


class NoDatabase:
    connection = None

    def __init__(self, name: str, args: Any, opts: Any) -> None:
        self.args = args


postgres.Database = NoDatabase
stack = settings.load()
server = stack.cloud.Postgres("postgres", stack.postgres, pulumi.ResourceOptions())
