"""One call of the engine: its resource, its timeout, and messages to the user."""

import hashlib
import secrets
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.proto.engine_pb2_grpc import EngineStub

from sandbox.providers.framework.errors import Cancelled, TimedOut

REQUEST: ContextVar[Any] = ContextVar("REQUEST")
"""The raw message of the current call; the SDK's request classes lack some of its fields."""


class Engine:
    """The engine that started the plugin."""

    def __init__(self, address: str) -> None:
        self.cancelled = threading.Event()
        channel = grpc.insecure_channel(address) if address else None
        self._stub = EngineStub(channel) if channel else None

    def status(self, message: str, urn: str) -> None:
        """Show the status of a resource, until the next call replaces it."""
        if self._stub is None:
            return
        request = engine_pb2.LogRequest(
            severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True
        )
        try:
            self._stub.Log(request)
        except grpc.RpcError:
            return  # the engine process has ended


@dataclass
class Operation:
    """The engine's call that a method of a resource handles."""

    engine: Engine
    config: dict[str, Any]
    """The provider's own inputs."""
    urn: str = ""
    preview: bool = False
    timeout: float = 600
    seed: bytes = b""
    started: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.split("::")[-1]

    def unique(self, digits: int) -> str:
        """Hexadecimal digits for a new name; the same in the preview and the update."""
        seed = self.seed or secrets.token_bytes(16)
        return hashlib.sha256(seed + self.urn.encode()).hexdigest()[:digits]

    @property
    def remaining(self) -> float:
        """Seconds until the timeout."""
        return self.started + self.timeout - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raise Cancelled or TimedOut as soon as the call is cancelled or times out."""
        if self.engine.cancelled.wait(max(0.0, min(seconds, self.remaining))):
            raise Cancelled(f'Resource operation was cancelled for "{self.name}"')
        if self.remaining <= 0:
            raise TimedOut(f"timed out after {self.timeout:g} seconds")

    def status(self, message: str) -> None:
        """Show the status of the resource, until the next call replaces it."""
        self.engine.status(message, self.urn)
