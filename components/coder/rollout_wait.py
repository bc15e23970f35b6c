"""Waits until Coder's rollout is complete; Helm does not wait, and nothing is rolled back.

A rollback would delete what says why Coder does not start, and restore pods that can't start again:
the database may be migrated already, and a version of Coder refuses a newer schema.
"""

import asyncio
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial

import pulumi
from pulumi_kubernetes import helm

from components.coder import aftercheck, rollout_lines
from components.coder.args import CoderArgs
from components.coder.rollout import Rollout
from components.coder.rollout_reader import RolloutReader
from components.kubernetes import evidence
from components.kubernetes.client import ClusterError

MIGRATIONS = "migrations"
"""Classic's init container; the container that serves has the name of the Service."""
PAUSE_SECONDS = 2.0
SECONDS_BETWEEN_CAUSES = 10.0
"""Between two looks for causes, which ask for the events of each pod."""
SECONDS_OF_A_CAUSE = 20.0
"""A cause that passes sooner is part of a usual start, such as a probe that fails."""
SECONDS_BETWEEN_LINES = 30.0
SECONDS_TO_CONNECT = 20.0
"""A container that has run for longer has a session, unless it uses another database."""
SECONDS_TO_RECOVER = 60.0
"""A pod that missed a probe is soon ready again. A raised `replicas` alone begins no rollout, so
a new pod that does not come can't be told from a lost one: a warning while another one serves."""


class RolloutWait:
    """The wait for the rollout that one update has begun, or that an earlier one has left."""

    def __init__(self, args: CoderArgs, parent: pulumi.Resource) -> None:
        self._args = args
        self._parent = parent
        self._begun = self._looked = self._printed = float("-inf")
        self._reader = RolloutReader(args, parent)
        self._first_seen: dict[str, float] = {}
        """When each cause that is still present was seen first."""
        self._said: set[str] = set()

    def started(self, release: helm.v3.Release) -> pulumi.Output[str]:
        """The release's revision, once Coder must have a session on its database."""

        async def wait(found: list[str]) -> str:
            namespace, revision = found
            self._begun = time.monotonic()
            if not pulumi.runtime.is_dry_run():
                # A user's own init container may last, and has no session.
                own = (self._args.chart.service, MIGRATIONS)
                await self._until(namespace, partial(_must_have_a_session, own))
            return revision

        status = release.status
        return pulumi.Output.all(status.namespace, status.revision.apply(str)).apply(wait)

    def finished(self, release: helm.v3.Release, started: pulumi.Input[str]) -> pulumi.Output[str]:
        """The release's namespace, once the rollout is complete; a preview looks once and warns."""

        async def wait(found: list[str]) -> str:
            namespace, _ = found
            if pulumi.runtime.is_dry_run():
                await self._preview(namespace)
            else:
                await self._until(namespace, _is_complete)
            return namespace

        return pulumi.Output.all(release.status.namespace, started).apply(wait)

    async def _preview(self, namespace: str) -> None:
        try:
            found = await self._reader.look(namespace)
        except pulumi.RunError as error:
            pulumi.warn(str(error), self._parent)
        else:
            if found and not found.complete:
                pulumi.warn(rollout_lines.not_ready(self._args, namespace, found), self._parent)

    async def _until(self, namespace: str, done: Callable[[Rollout], bool]) -> None:
        # Since when a Coder that was rolled out has too few available pods.
        lost = 0.0
        while (found := await self._reader.look(namespace)) and not done(found):
            now, limit = time.monotonic(), self._args.rollout_timeout_seconds
            lost = (lost or now) if found.was_complete else 0.0
            since, most = (lost, SECONDS_TO_RECOVER) if lost else (self._begun, limit)
            await self._report(namespace, found, now - since, most)
            if now - since >= most:
                said = ((*self._reader.silence, *self._first_seen), now - self._begun)
                line = rollout_lines.not_ready(self._args, namespace, found, *said)
                if not _serves(found):
                    raise pulumi.RunError(line)
                pulumi.warn(line, self._parent)
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def _report(self, namespace: str, found: Rollout, waited: float, limit: float) -> None:
        """Print the progress, and each cause once."""
        now = time.monotonic()
        if now - self._printed >= SECONDS_BETWEEN_LINES:
            self._printed = now
            line = f"Waiting for Coder ({waited:.0f} of {limit:.0f} s): {found.progress()}"
            pulumi.log.info(line, self._parent, ephemeral=True)
        if now - self._looked < SECONDS_BETWEEN_CAUSES:
            return
        self._looked = now
        try:
            causes, locks = await asyncio.to_thread(self._causes, namespace, found)
        except ClusterError:
            return
        self._first_seen = {
            each: self._first_seen.get(each, now) for each in dict.fromkeys([*locks, *causes])
        }
        for cause, seen in self._first_seen.items():
            lasts = cause in locks or now - seen >= SECONDS_OF_A_CAUSE
            if lasts and cause not in self._said:
                self._said.add(cause)
                pulumi.warn(f"Coder is not ready yet: {cause}", self._parent)

    def _causes(self, namespace: str, found: Rollout) -> tuple[list[str], list[str]]:
        cluster = self._args.spec.cluster
        # Without the right to read ReplicaSets, which pods are the newest version's is unknown.
        selector = found.selector or found.selector_of_all
        pods = evidence.reasons(cluster, namespace, selector) if selector else []
        return pods, aftercheck.warnings(cluster, namespace)


def _must_have_a_session(own: Collection[str], found: Rollout) -> bool:
    begun = found.seconds_running(datetime.now(UTC), own) >= SECONDS_TO_CONNECT
    return found.complete or _serves(found) or begun


def _is_complete(found: Rollout) -> bool:
    return found.complete


def _serves(found: Rollout) -> bool:
    """Whether the version was rolled out, and has a ready pod, if not all that it should have."""
    return found.was_complete and found.ready > 0
