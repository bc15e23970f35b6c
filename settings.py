"""The stack's settings and what discovery finds for them; all faults are one error."""

import dataclasses
import functools
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pulumi

from chart_reader import ChartReader
from components.charts import Chart, pod_security
from components.charts.fetch import fetch
from components.clouds import CLOUDS, Cloud
from components.coder.coder import CoderArgs
from components.coder.latency_gate import LatencyGate
from components.coder.preflight import preflight_problems
from components.connection import UNKNOWN_TRAITS, ConnectionTraits
from components.database.live import Live, live
from components.database.spec import DatabaseSpec
from components.server.discovery import (
    Discovery,
    DiscoveryFailed,
    DiscoveryRequest,
    PostgresArgs,
)
from components.server.settings import ServerSettings
from server_reader import ServerReader

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stack:
    """Everything that a stack is created from."""

    cloud: Cloud
    kube_context: str
    postgres: PostgresArgs[Any, Any]
    chart: Chart
    coder: Callable[..., CoderArgs]
    """Everything that Coder is created from, but the connection."""


def load() -> Stack:
    """The settings, checked, and what was discovered; raises one RunError with all faults."""
    gc.enable()  # components/__init__.py says why it is off until here
    reader = StackReader()
    stack = reader.read()
    if stack is None or reader.problems:
        lines = "".join(f"\n  {problem}" for problem in dict.fromkeys(reader.problems))
        raise pulumi.RunError(f"The settings of stack {pulumi.get_stack()} can't be used:{lines}")
    return stack


class StackReader(ServerReader, ChartReader):
    """Reads all settings, has each checked by the module that it belongs to, then discovers."""

    def read(self) -> Stack | None:
        """The stack, or None where a fault left a part of it unknown."""
        config = self.config
        self.problems += self.unknown_settings()
        cloud, chosen, values = self._cloud(), self.chart(), self.chart_values()
        repository = self.chart_repository(chosen)
        server, exposure = self.server(cloud, chosen), self.exposure(chosen, values)
        options, timeout = self.chart_options(exposure), self.rollout_timeout()
        gate = LatencyGate(config.require("latencyGate"), config.require_int("latencyLimitMs"))
        own = self.objects(config.require("cloud"), cloud.Settings) if cloud else None
        traits = cloud.traits(server, own) if cloud and own else UNKNOWN_TRAITS
        self.problems += [*server.spec.problems(), *gate.problems(), *server.problems()]
        if cloud and cloud.POLICY:
            self.problems += cloud.POLICY.problems(server)
        if own:
            self.problems += own.problems(server)
        if chosen and own:
            self.problems += preflight_problems(chosen, traits, options.replicas)
        with ThreadPoolExecutor(max_workers=1) as beside:
            # The cloud is asked meanwhile, in this thread, because its look-ups may warn.
            fetching = beside.submit(fetch, repository, chosen) if repository and chosen else None
            found = self._discover(cloud, server, own) if cloud and own else None
            archive = self._found(fetching.result) if fetching else None
        current = self._live_state(server.spec, traits) if found else None
        if chosen and archive:
            chosen = dataclasses.replace(chosen, defaults=archive.values)
            self.problems += chosen.value_problems(traits, options, values)
            if current and current.pod_security == pod_security.RESTRICTED:
                self.problems += pod_security.problems(chosen, values, server.spec.namespace)
            self.problems += chosen.problems(traits, options) if own else ()
        if self.problems or not (
            cloud and chosen and repository and exposure and archive and found and current
        ):
            return None
        server = dataclasses.replace(server, spec=current.completed(chosen.scheduling(values)))
        return Stack(
            cloud=cloud,
            kube_context=config.require("kubeContext"),
            postgres=PostgresArgs(server=server, own=own, traits=traits, found=found),
            chart=chosen,
            coder=functools.partial(
                CoderArgs,
                spec=server.spec,
                chart=chosen,
                chart_repository=repository,
                chart_archive=archive,
                chart_values=values,
                options=options,
                exposure=exposure,
                rollout_timeout_seconds=timeout,
                latency_gate=gate,
            ),
        )

    def _cloud(self) -> Cloud | None:
        name = self.config.require("cloud")
        if name not in CLOUDS:
            self.problems.append(f'cloud: is "{name}", must be one of: {", ".join(CLOUDS)}')
        return CLOUDS.get(name)

    def _discover(self, cloud: Cloud, server: ServerSettings, own: Any) -> Discovery | None:
        """What the look-ups find; None where they fail or the settings are malformed."""
        context = self.config.require("kubeContext")
        request = DiscoveryRequest(server=server, own=own, kube_context=context)
        if any(server.problems()):
            return None
        return self._found(functools.partial(cloud.discover, request))

    def _live_state(self, spec: DatabaseSpec, traits: ConnectionTraits) -> Live | None:
        """What the state and the cluster have of the stack; None where the state can't be read."""
        current = self._found(functools.partial(live, spec, creates_roles=traits.creates_roles))
        self.problems += current.problems() if current else ()
        return current

    def _found(self, lookup: Callable[[], T]) -> T | None:
        """What the look-up finds; None where it fails."""
        try:
            return lookup()
        except DiscoveryFailed as failed:
            self.problems += failed.lines
            return None
