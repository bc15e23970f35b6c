"""Look-ups of what there is already: their result is complete, or one error names every fault."""

import asyncio
import contextvars
import dataclasses
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from components.connection import ConnectionTraits
from components.server.settings import ServerSettings
from components.server.zone import Zone

T = TypeVar("T")
S = TypeVar("S")
D = TypeVar("D", bound="Discovery")


class DiscoveryFailed(Exception):
    """Holds one line for every fault that discovery found."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


@dataclasses.dataclass(frozen=True, kw_only=True)
class DiscoveryRequest(Generic[S]):
    """What a stack asks of its cloud."""

    server: ServerSettings
    own: S
    """The settings in the cloud's own words."""
    kube_context: str
    """A context of the kubeconfig; empty for the current one."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveServer:
    """The server that an earlier update of this stack made, as the cloud describes it now."""

    identifier: str
    zone: str
    """Where it is now."""
    pinned_zone: str
    """The zone that was chosen for it; a failover does not change it."""
    version: int
    """PostgreSQL's major version."""
    import_id: str = ""
    """The ID for `pulumi import`, where it is not the identifier."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Discovery:
    """What every cloud finds before anything is registered."""

    cluster_identifier: str
    """Stays the same as long as it is the same cluster, also when its credentials change."""
    zone: Zone | None
    """Where the server is or will be; None only for `cloud: existing` without a zone."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PostgresArgs(Generic[S, D]):
    """What a cloud's component is made from: settings and discovery, and nothing else."""

    server: ServerSettings
    own: S
    traits: ConnectionTraits
    found: D


Lookup = Callable[[], T]
"""One question to the cloud, to be handed to `ask`."""


def lookup(question: str, function: Callable[..., T], **arguments: Any) -> Lookup[T]:
    """A look-up by the SDK's blocking function; `question` begins the line that a failure has."""

    def answer() -> T:
        try:
            return function(**arguments)
        except Exception as error:  # the SDK raises no narrower class for a failed invoke
            cause = str(error).split("\t* ")[-1].strip().splitlines() or ["no answer"]
            raise DiscoveryFailed([f"{question}: {cause[0]}"]) from error

    return answer


def ask_if(needed: bool, question: Callable[..., Lookup[T]], *arguments: Any) -> Lookup[T | None]:
    """The look-up that `question` makes, or one that answers None without asking."""
    return question(*arguments) if needed else lambda: None


def ask(*lookups: Lookup[Any]) -> list[Any]:
    """The answers of independent look-ups, asked at the same time; all failures are one error."""
    if not lookups:
        return []
    with ThreadPoolExecutor(max_workers=len(lookups)) as pool:
        answers = [pool.submit(contextvars.copy_context().run, _answer, each) for each in lookups]
    failures = [error for answer in answers if (error := answer.exception())]
    refuse(*(error.lines for error in failures if isinstance(error, DiscoveryFailed)))
    return [answer.result() for answer in answers]


def _answer(lookup: Lookup[T]) -> T:
    """The answer, from a thread: the SDK's blocking functions need an event loop of their own."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return lookup()
    finally:
        loop.close()  # left open, its collection may print a traceback among the errors
        asyncio.set_event_loop(None)


def refuse(*faults: Iterable[str]) -> None:
    """Raise one DiscoveryFailed with all the lines, each once, if there are any."""
    if lines := dict.fromkeys(line for group in faults for line in group):
        raise DiscoveryFailed(lines)
