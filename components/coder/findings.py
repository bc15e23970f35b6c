"""What the checks of Coder's database found, kept for longer than their pods last."""

import asyncio
from collections import ChainMap
from collections.abc import Sequence

import pulumi
from pulumi_kubernetes import core

from components import guards
from components.coder.args import CoderArgs
from components.kubernetes.client import Cluster, ClusterError, termination_message
from components.kubernetes.conflicts import object_conflict
from components.kubernetes.job import Job

FINDINGS = "coder-findings"
WARNING = "Warning: "
"""Begins those lines of a Job's last message that are warnings."""


def findings(
    name: str,
    args: CoderArgs,
    namespace: pulumi.Output[str],
    jobs: Sequence[Job],
    parent: pulumi.Resource,
) -> core.v1.ConfigMap:
    """A ConfigMap with the last message of each Job; a new message is a diagnostic, too.

    The provider shows a pod's messages only while the update runs.
    """

    async def finding(found: list[str | None]) -> dict[str, str]:
        space, job = found
        # Where --target leaves out a Job that was never created, its name is not generated.
        if space is None or job is None:
            return {}
        try:
            return {job: await _finding(args.spec.cluster, space, job, parent)}
        except ClusterError as error:
            pulumi.warn(f"What Job {space}/{job} found can't be read: {error}", parent)
            return {job: ""}

    found = [pulumi.Output.all(namespace, job.metadata.name).apply(finding) for job in jobs]
    spec = args.spec
    conflict = object_conflict(spec.cluster, "ConfigMap", spec.namespace, FINDINGS, parent)
    return core.v1.ConfigMap(
        name,
        metadata={"name": FINDINGS, "namespace": namespace},
        data=pulumi.Output.all(*found).apply(lambda each: dict(ChainMap(*each))),
        opts=pulumi.ResourceOptions(
            parent=parent,
            hooks=pulumi.ResourceHookBinding(
                before_create=[guards.creation_hook(name, [conflict])]
            ),
        ),
    )


async def _finding(api: Cluster, namespace: str, job: str, parent: pulumi.Resource) -> str:
    """The Job's message, from the ConfigMap unless the Job is new."""
    kept = await asyncio.to_thread(api.config_map, namespace, FINDINGS)
    if kept and (message := kept.get("data", {}).get(job)):
        return message
    pods = await asyncio.to_thread(api.job_pods, namespace, job)
    # The Job indents all lines but the first.
    lines = [line.strip() for pod in pods for line in termination_message(pod).splitlines()]
    for line in lines:
        if line.startswith(WARNING):
            pulumi.warn(line.removeprefix(WARNING), parent)
        else:
            pulumi.info(line, parent)
    return "\n".join(lines)
