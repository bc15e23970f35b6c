"""Says, while the update waits for a Job, why its pod can't be made, scheduled, pulled or started.

The provider waits without a word until the Job's deadline, and its error names only the deadline.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

import pulumi

from components.kubernetes.causes import Cause, Kind
from components.kubernetes.client import Cluster, ClusterError, Object
from components.kubernetes.evidence import job_causes
from components.kubernetes.job_cures import cure

PAUSE_SECONDS = 5.0
LOOKS = 3
"""A cause is said when so many looks have seen it: most pods wait for a moment."""
LOOKS_FOR_A_NODE = 9
"""An autoscaler takes a while to add a node."""
NOT_REPORTED = (Kind.END, Kind.INIT, Kind.PROBE)
"""How a script ends is in the provider's error; the others are a pod's usual progress."""


class JobWatch:
    """The watch of one Job of the program; it lasts as long as the Job's creation."""

    def __init__(self, name: str, cluster: Cluster, parent: pulumi.Resource | None) -> None:
        self._name = name
        self._cluster = cluster
        self._parent = parent
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._place = ("", "")
        self._seen: Counter[Kind] = Counter()
        self._said: set[Kind] = set()

    def hooks(self) -> pulumi.ResourceHookBinding:
        """The hooks of the Job's resource; a preview calls only the last one."""
        return pulumi.ResourceHookBinding(
            before_create=[pulumi.ResourceHook(f"{self._name}: watch", self._begin)],
            after_create=[pulumi.ResourceHook(f"{self._name}: end of the watch", self._end)],
            on_error=[pulumi.ErrorHook(f"{self._name}: causes", self._explain)],
        )

    def _begin(self, call: pulumi.ResourceHookArgs) -> None:
        metadata = (call.new_inputs or {})["metadata"]
        if name := metadata.get("name"):
            self._place = metadata["namespace"], name
            self._task = asyncio.ensure_future(self._follow())

    async def _end(self, _: pulumi.ResourceHookArgs | None = None) -> None:
        self._over.set()
        if self._task:
            await self._task

    async def _explain(self, _: pulumi.ErrorHookArgs) -> bool:
        """Say what the failed Job shows; returns that it must not be created again."""
        if self._task:
            await self._end()
            self._say((await self._look())[1])
            # The lines must have left before the engine stops the program.
            await asyncio.sleep(0.1)
        return False

    async def _follow(self) -> None:
        existed = False
        while not await self._waited():
            job, causes = await self._look()
            if job is None and existed:
                self._warn(
                    "was deleted while the update waits for it; stop the update with Ctrl-C, then "
                    "run `pulumi up --refresh`"
                )
                return
            existed = existed or bool(job)
            self._seen = Counter({each.kind: self._seen[each.kind] + 1 for each in causes})
            lasting = [each for each in causes if self._seen[each.kind] >= _looks(each)]
            self._say(lasting)
            if job and any(each.permanent for each in lasting):
                await self._give_up(job)
                return

    async def _waited(self) -> bool:
        """Whether the creation is over; else a pause has passed."""
        try:
            await asyncio.wait_for(self._over.wait(), PAUSE_SECONDS)
        except TimeoutError:
            return False
        return True

    async def _look(self) -> tuple[Object | None, list[Cause]]:
        """The Job, and why it has no running pod; nothing where the cluster does not answer."""
        try:
            # In a thread, because the program goes on registering resources.
            job = await asyncio.to_thread(self._cluster.job, *self._place)
            causes = await asyncio.to_thread(job_causes, self._cluster, job) if job else []
        except ClusterError:
            return {}, []
        return job, [each for each in causes if each.kind not in NOT_REPORTED]

    async def _give_up(self, job: Object) -> None:
        try:
            await asyncio.to_thread(self._cluster.end_job, job)
        except ClusterError as error:
            self._warn(f"can't succeed any more, and fails at its deadline: {error}")

    def _say(self, causes: Iterable[Cause]) -> None:
        """Warn of each kind of cause once."""
        for cause in causes:
            if cause.kind not in self._said:
                self._said.add(cause.kind)
                self._warn(f"{cause.text}; {cure(cause, self._place[0])}")

    def _warn(self, line: str) -> None:
        pulumi.warn(f"Job {self._name}: {line}", self._parent)


def _looks(cause: Cause) -> int:
    return LOOKS_FOR_A_NODE if cause.kind is Kind.SCHEDULING else LOOKS
