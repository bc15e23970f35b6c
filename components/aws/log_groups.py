"""The log groups of an RDS instance, which keep its logs for a limited time.

RDS makes a log group that is missing, and keeps its logs for ever.
"""

from importlib import metadata

import pulumi

from components.aws.settings import Settings
from components.server.settings import ServerSettings

LOGS = ("postgresql", "upgrade")


class LogGroup(pulumi.CustomResource):
    """As in pulumi_aws.cloudwatch, whose import alone takes 0.1 s and more."""

    def __init__(
        self,
        name: str,
        group: pulumi.Input[str],
        server: ServerSettings,
        own: Settings,
        opts: pulumi.ResourceOptions,
    ) -> None:
        opts.version = metadata.version("pulumi-aws")
        super().__init__(
            "aws:cloudwatch/logGroup:LogGroup",
            name,
            {
                "name": group,
                "retentionInDays": own.server.log_retention_days,
                "tags": server.labels,
            },
            opts,
        )


def log_groups(
    name: str,
    identifier: pulumi.Input[str],
    server: ServerSettings,
    own: Settings,
    parent: pulumi.Resource,
) -> list[pulumi.Resource]:
    """One log group for each log of the instance, under the name that RDS writes to."""
    return [
        LogGroup(
            f"{name}-log-{log}",
            pulumi.Output.concat("/aws/rds/instance/", identifier, "/", log),
            server,
            own,
            pulumi.ResourceOptions(parent=parent),
        )
        for log in LOGS
    ]
