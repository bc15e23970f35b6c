"""The management lock that makes Azure itself refuse the deletion of a server."""

from collections.abc import Sequence

import pulumi
import pulumi_azure_native as azure

from components import guards


def lock_server(
    name: str,
    server: "azure.dbforpostgresql.Server",
    children: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> None:
    """The lock `name`; it is made after the server's children, so that it is deleted before them.

    It is not protected by the engine, which would refuse to remove it once nothing is protected.
    """
    azure.authorization.ManagementLockByScope(
        name,
        scope=server.id,
        lock_name="coder",
        level="CanNotDelete",
        notes="Coder's database: set protect to false and run pulumi up",
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=children,
            hooks=pulumi.ResourceHookBinding(before_delete=[guards.deletion_hook(name)]),
        ),
    )


def unlock_server(name: str) -> None:
    """Let this update delete the lock that an earlier one made."""
    guards.deletion_hook(name, refuses=False)
