"""Reads the rollout of Coder from a cluster that may not answer for a while."""

import asyncio
import time

import pulumi

from components.coder import rollout, rollout_lines
from components.coder.args import CoderArgs
from components.coder.rollout import Rollout
from components.kubernetes.client import ClusterError, Forbidden

PAUSE_SECONDS = 2.0
SECONDS_TO_ANSWER = 60.0
"""For a first look; one failed request says nothing about Coder."""


class RolloutReader:
    """Remembers the rollout that was read last."""

    def __init__(self, args: CoderArgs, parent: pulumi.Resource) -> None:
        self.silence: tuple[str, ...] = ()
        """Why the last look failed, as a list of one line; empty if it did not."""
        self._args = args
        self._parent = parent
        self._since = 0.0
        """When the looks began to fail."""
        self._last: Rollout | None = None
        self._warned = self._gave_up = False

    async def look(self, namespace: str) -> Rollout | None:
        """The rollout as it is, or was when it could be read last; None if it never could be."""
        while True:
            try:
                # In a thread, because the program goes on registering resources.
                found = await asyncio.to_thread(
                    rollout.read, self._args.spec.cluster, namespace, self._args.chart.service
                )
            except ClusterError as error:
                self._failed(error)
                if self._last is not None:
                    return self._last
                if self._gives_up(error):
                    self._unknown(namespace, error)
                    return None
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.silence = ()
            if found is None or not found.wanted:
                line = rollout_lines.nothing_to_wait_for(self._args, namespace, found)
                raise pulumi.RunError(line)
            self._last = found
            return found

    def _unknown(self, namespace: str, error: ClusterError) -> None:
        """Warn once that Coder was not seen.

        The update goes on: the after-check proves that Coder works, and the provider, which makes
        that Job, may reach a cluster that the program does not.
        """
        if not self._gave_up:
            self._gave_up = True
            line = (
                f"Coder may not be running: its Deployment can't be read: {error}; look at it with "
                f"`kubectl -n {namespace} get deployment {self._args.chart.service}`"
            )
            pulumi.warn(line, self._parent)

    def _failed(self, error: ClusterError) -> None:
        if not self.silence:
            self._since = time.monotonic()
        self.silence = (f"what Coder does now is unknown: {error}",)
        if not self._warned and not self._gives_up(error):
            self._warned = True
            pulumi.warn(f"Waiting for Coder: {self.silence[0]}", self._parent)

    def _gives_up(self, error: ClusterError) -> bool:
        """Whether a look need not be repeated; a preview does not wait."""
        lasts = time.monotonic() - self._since >= SECONDS_TO_ANSWER
        return pulumi.runtime.is_dry_run() or isinstance(error, Forbidden) or lasts
