"""One call of the engine: what it is about, how long it may take, and a line back to the user."""

import hashlib
import secrets
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from sandbox.providers.framework.values import Properties

REQUEST: ContextVar[Any] = ContextVar("REQUEST")
"""The message of the call being answered; the SDK's own classes leave some of its fields out."""


class Failure(Exception):
    """What went wrong, in the words that the user is to read."""


class InitFailed(Failure):
    """The resource exists, but is not what it should be: it is kept in the state, marked so."""

    def __init__(self, id: str, state: dict[str, Any], *reasons: str) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.state = state
        self.reasons = reasons


class Kept(Exception):
    """An InitFailed with its state marked, as the engine is to keep it."""

    def __init__(
        self, failed: InitFailed, state: Properties, inputs: Properties | None = None
    ) -> None:
        super().__init__(str(failed))
        self.id = failed.id
        self.reasons = failed.reasons
        self.state = state
        self.inputs = inputs


class Cancelled(Failure):
    """The user asked the engine to stop."""


class TimedOut(Failure):
    """The time that the resource was given is over."""


class Engine:
    """The way back to the engine that started the plugin."""

    def __init__(self, address: str) -> None:
        self.cancelled = threading.Event()
        channel = grpc.insecure_channel(address) if address else None
        self._stub = EngineStub(channel) if channel else None

    def log(
        self,
        message: str,
        urn: str = "",
        severity: "engine_pb2.LogSeverity.ValueType" = engine_pb2.INFO,
        status: bool = False,
    ) -> None:
        """Show a line; a status line is only seen until the next one."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(
            severity=severity, message=message, urn=urn, ephemeral=status
        )
        try:
            self._stub.Log(request)
        except grpc.RpcError:
            # The engine is going away; what it would have shown is of no use to anyone now.
            return


@dataclass
class Operation:
    """What a resource's methods are told about the call they answer."""

    engine: Engine
    config: dict[str, Any]
    """The provider's own inputs."""
    urn: str = ""
    preview: bool = False
    timeout: float = 600
    seed: bytes = b""
    request: Message | None = None
    custom_timeout: bool = False
    """Whether the program chose the time-out."""
    started: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.split("::")[-1]

    def unique(self, digits: int) -> str:
        """Hexadecimal digits for a new name; the same ones throughout one plan."""
        seed = self.seed or secrets.token_bytes(16)
        return hashlib.sha256(seed + self.urn.encode()).hexdigest()[:digits]

    @property
    def remaining(self) -> float:
        """Seconds until the time-out."""
        return self.started + self.timeout - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raise Cancelled or TimedOut as soon as either is true."""
        if self.engine.cancelled.wait(max(0.0, min(seconds, self.remaining))):
            raise Cancelled(f'Resource operation was cancelled for "{self.name}"')
        if self.remaining <= 0:
            raise TimedOut(f"timed out after {self.timeout:g} seconds")

    def status(self, message: str) -> None:
        """Show what is going on, until the next such line."""
        self.engine.log(message, self.urn, status=True)

    def info(self, message: str) -> None:
        """Show a line that stays."""
        self.engine.log(message, self.urn)

    def warn(self, message: str) -> None:
        """Show a warning that stays."""
        self.engine.log(message, self.urn, severity=engine_pb2.WARNING)
