"""No server has a public address."""

from collections.abc import Iterator

from .policies import Properties
from .servers import expected, server_policy
from .values import at


def aws(inputs: Properties, config: Properties) -> Iterator[str]:
    """RDS: the provider's default is no public address."""
    yield from expected(inputs, "publiclyAccessible", False, default=False)


def azure(inputs: Properties, config: Properties) -> Iterator[str]:
    """A flexible server in a delegated subnet has no public address; any other has one by default.

    https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-networking-private
    """
    delegated = "delegatedSubnetResourceId" in set(at(inputs, "network", {}))
    default = "Disabled" if delegated else "Enabled"
    yield from expected(inputs, "network.publicNetworkAccess", "Disabled", default)


def gcp(inputs: Properties, config: Properties) -> Iterator[str]:
    """Cloud SQL: a public address is the default."""
    yield from expected(inputs, "settings.ipConfiguration.ipv4Enabled", False, default=True)


POLICY = server_policy(
    "no-public-database",
    "A database has no public address.",
    {"aws": aws, "azure": azure, "gcp": gcp},
)
