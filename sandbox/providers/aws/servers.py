"""What stands behind an instance: a real server, or for a test without a sandbox none."""

import os
from typing import Any, Protocol

from sandbox import SandboxError
from sandbox.providers.framework.operation import Failure

Instance = dict[str, Any]


class Servers(Protocol):
    """What is done to the server of an instance."""

    def create(self, instance: Instance, password: str, settings: dict[str, str]) -> None:
        """Make an empty one."""
        ...

    def copy(self, instance: Instance, source: Instance) -> None:
        """Make one with all that a running one holds now."""
        ...

    def restore(self, instance: Instance, snapshot: str) -> None:
        """Make one with all that a snapshot holds."""
        ...

    def snapshot(self, instance: Instance, name: str) -> None:
        """Stop it, and keep all that it holds now."""
        ...

    def start(self, instance: Instance) -> None:
        """Start it again."""
        ...

    def delete(self, instance: Instance) -> None:
        """Delete it and all that it holds."""
        ...

    def set_password(self, instance: Instance, password: str) -> None:
        """Give the master login another password."""
        ...

    def configure(self, instance: Instance, settings: dict[str, str]) -> None:
        """Hand on the settings; those that need a restart wait for one."""
        ...

    def restart(self, instance: Instance, settings: dict[str, str]) -> None:
        """Restart it, as another class or a failover does."""
        ...

    def upgrade(self, instance: Instance, settings: dict[str, str]) -> None:
        """Bring it and what it holds to the major version that the instance now has."""
        ...

    def guard(self) -> None:
        """Let in only whom the security groups admit."""
        ...


class NoServers(Servers):
    """Instances that nobody connects to: the protocol's own methods do nothing."""


class _Reported:
    """Servers whose errors the engine shows as they are."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._servers, name)

        def call(*arguments: Any) -> Any:
            try:
                return method(*arguments)
            except SandboxError as error:
                raise Failure(f"the sandbox, not AWS: {error}") from error

        return call


def chosen() -> Servers:
    """The servers of this account; SANDBOX_AWS_SERVERS=none does without."""
    if os.environ.get("SANDBOX_AWS_SERVERS") == "none":
        return NoServers()  # pyright: ignore[reportAbstractUsage]
    from sandbox.providers.aws.real_servers import RealServers

    return _Reported(RealServers())  # pyright: ignore[reportReturnType]
