"""What the pretended clouds have in common."""

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Any
from unittest import mock

import grpc
import pulumi
import pytest

from tests.unit.pretend import Engine, deploy
from tests.unit.stacks import Stack


async def wait_for(hook: Awaitable[None]) -> None:
    """Wait for a hook that needs the values of secrets."""
    await hook


class Refused(grpc.RpcError):
    """An error of the API, wrapped as by the bridge and the engine."""

    def __init__(self, details: str) -> None:
        self._details = details

    def details(self) -> str:
        return self._details

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN


class FakeCloud(Engine):
    """Answers the look-ups of discovery; a test changes the attributes that it is about."""

    name = ""

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, dict[str, Any]] = {}
        """What the stack's state records, by URN."""

    def stack(self, **changes: Any) -> Stack:
        """A stack of this cloud with only the required settings."""
        raise NotImplementedError

    def add_running(self, changes: dict[str, Any]) -> None:
        """Adds the instance of the stack."""
        raise NotImplementedError

    def run(self, **changes: Any) -> dict[str, Any]:
        """Deploy, and return the server's inputs."""
        running = changes.pop("running", None)
        if running is not None:
            self.add_running(running)
        deploy(self.stack(**changes), secrets=(), engine=self)
        return self.named("postgres-server").plain

    def refuses(self, **changes: Any) -> list[str]:
        """The error lines of a stack that is refused before any resource is registered."""
        with pytest.raises(pulumi.RunError) as error:
            self.run(**changes)
        assert not self.asked, "something was registered before the settings were refused"
        return [line.removeprefix("  ") for line in str(error.value).splitlines()[1:]]

    def recorded(self, args: dict[str, Any]) -> Any:
        """The state, as the engine answers with it."""
        assert args == {"stackName": "organization/coder/dev"}
        return {"outputs": {name: {"outputs": each} for name, each in self.state.items()}}

    def call_hooks(self, kind: str, of: str = "postgres-server", **inputs: Any) -> None:
        """Call the hooks of one kind, as the engine does."""
        for name in self.named(of).hooks[kind]:
            self.call_hook(name, **inputs)

    def call_hook(self, name: str, **inputs: Any) -> None:
        """Call one hook."""
        urn = f"urn:pulumi:dev::coder::coder:{self.name}:Postgres$type::name"
        called = self.hooks[name].callback(
            pulumi.ResourceHookArgs(urn, *("id", "name", "type"), **inputs)
        )
        if inspect.isawaitable(called):
            asyncio.run(wait_for(called))

    def refused_by_hooks(self, kind: str, **inputs: Any) -> str:
        """The lines with which they refuse."""
        with pytest.raises(pulumi.RunError) as error:
            self.call_hooks(kind, **inputs)
        return str(error.value)

    def said_by_hooks(self, kind: str, **inputs: Any) -> list[str]:
        """What they announce."""
        with mock.patch("pulumi.info") as info:
            self.call_hooks(kind, **inputs)
        return [each.args[0] for each in info.call_args_list]
