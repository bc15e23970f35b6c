"""The server behind a connection, in the words of its cloud."""

import dataclasses

import pulumi


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerIdentity:
    """What other stacks need to find a server; empty for one that this program does not make."""

    id: pulumi.Input[str] = ""
    """ARN, resource ID or self link."""
    firewall_id: pulumi.Input[str] = ""
    """Of what decides who reaches the server: a security group, a subnet, a network."""
    live_zone: pulumi.Input[str] = ""
    """Where the server is; a failover moves it."""


def live_zone(found: str, created: pulumi.Output[str | None]) -> pulumi.Input[str]:
    """The zone that discovery found the server in, or else that of the one that is created.

    The state does not record a failover.
    """
    return found or created.apply(lambda zone: zone or "")
