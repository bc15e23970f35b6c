"""Whether Coder runs: a Helm release does not notice what happens to its Deployment."""

import asyncio

import pulumi
from pulumi_kubernetes import helm
from pulumi_kubernetes.helm.v3.outputs import ReleaseStatus

from components.coder.args import CoderArgs
from components.kubernetes.client import ClusterError

LOOKS = 6
PAUSE_SECONDS = 5.0
_NO_READY_POD = "has no ready pod"


def running_revision(
    args: CoderArgs, release: helm.v3.Release, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The release's revision; the update fails, and a preview warns, if none of its pods is ready.

    A preview that changes the release checks nothing: the update waits until Coder is ready. A pod
    that has just become ready may miss a probe, so an update looks for a ready one again.
    """

    async def check(status: ReleaseStatus) -> str:
        problem = None
        for look in range(1 if pulumi.runtime.is_dry_run() else LOOKS):
            if look == 1:
                seconds = LOOKS * PAUSE_SECONDS
                pulumi.info(f"Waiting up to {seconds:.0f} s for a ready pod of Coder", parent)
            await asyncio.sleep(PAUSE_SECONDS if look else 0)
            try:
                # In a thread, because the program goes on registering resources.
                problem = await asyncio.to_thread(_problem, args, str(status.namespace))
            except ClusterError as error:
                line = f"Coder may not be running: its Deployment can't be read: {error}"
                pulumi.warn(line, parent)
                problem = None
            if not problem or _NO_READY_POD not in problem:
                break
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
            f"Coder is not running: Deployment {namespace}/{name} {_NO_READY_POD}, and should "
            f"have {wanted}; for the reason type `{kubectl} describe deployment,pods` and "
            f"`{kubectl} logs deployment/{name} --all-containers`, then run `pulumi up` again"
        )
    return None
