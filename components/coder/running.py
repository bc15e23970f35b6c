"""Whether Coder runs: a Helm release does not notice what happens to its Deployment."""

import asyncio

import pulumi
from pulumi_kubernetes import helm
from pulumi_kubernetes.helm.v3.outputs import ReleaseStatus

from components.coder.args import CoderArgs
from components.kubernetes.client import ClusterError


def running_revision(
    args: CoderArgs, release: helm.v3.Release, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The release's revision; the update fails, and a preview warns, if none of its pods is ready.

    A preview that changes the release checks nothing: the update waits until Coder is ready.
    """

    async def check(status: ReleaseStatus) -> str:
        try:
            # In a thread, because the program goes on registering resources.
            problem = await asyncio.to_thread(_problem, args, str(status.namespace))
        except ClusterError as error:
            pulumi.warn(f"Coder may not be running: its Deployment can't be read: {error}", parent)
            problem = None
        if problem and not pulumi.runtime.is_dry_run():
            raise pulumi.RunError(problem)
        if problem:
            pulumi.warn(problem, parent)
        return str(status.revision)

    return release.status.apply(check)


def _problem(args: CoderArgs, namespace: str) -> str | None:
    """The line that says why Coder does not run, or None."""
    name, kubectl = args.chart.service, f"kubectl -n {namespace}"
    deployment = args.spec.cluster.deployment(namespace, name)
    if deployment is None:
        return (
            f"Coder is not running: there is no Deployment {namespace}/{name}; to create it again: "
            f"`helm get manifest coder -n {namespace} | {kubectl} apply -f -`"
        )
    wanted = deployment["spec"].get("replicas", 1)
    if wanted == 0:
        return (
            f"Coder is not running: Deployment {namespace}/{name} is scaled to 0; type "
            f"`{kubectl} scale deployment {name} --replicas={args.replicas}`"
        )
    if deployment.get("status", {}).get("readyReplicas", 0) == 0:
        return (
            f"Coder is not running: Deployment {namespace}/{name} has no ready pod, and should "
            f"have {wanted}; for the reason type `{kubectl} describe deployment,pods` and "
            f"`{kubectl} logs deployment/{name} --all-containers`, then run `pulumi up` again"
        )
    return None
