"""What a person reads about a rollout of Coder that is not complete."""

from collections.abc import Sequence

from components.coder.args import CoderArgs
from components.coder.rollout import Rollout


def create_again(namespace: str) -> str:
    """The command that creates objects of the release that are missing in the cluster.

    An update does not: without a change of its values or chart, the release stays as it is.
    """
    return f"helm get manifest coder -n {namespace} | kubectl -n {namespace} apply -f -"


def nothing_to_wait_for(args: CoderArgs, namespace: str, found: Rollout | None) -> str:
    """Why no pod of Coder can become ready, and what to type."""
    name, kubectl = args.chart.service, f"kubectl -n {namespace}"
    if found is None:
        return (
            f"Coder is not running: there is no Deployment {namespace}/{name}; to create it again: "
            f"`{create_again(namespace)}`"
        )
    return (
        f"Coder is not running: Deployment {namespace}/{name} is scaled to 0; type "
        f"`{kubectl} scale deployment {name} --replicas={args.replicas}`"
    )


def not_ready(
    args: CoderArgs,
    namespace: str,
    found: Rollout,
    causes: Sequence[str] = (),
    seconds: float | None = None,
) -> str:
    """Why Coder is not ready, what has happened to the former version, and what to type."""
    name, kubectl = args.chart.service, f"kubectl -n {namespace}"
    lines = "".join(f"\n- {cause}" for cause in causes)
    look = f"{kubectl} describe deployment,pods` and `{kubectl} logs deployment/{name}"
    if found.was_complete and found.ready:
        return (
            f"Coder runs with {found.ready} ready pod(s): Deployment {namespace}/{name} should "
            f"have {found.wanted}; for the reason type `{kubectl} describe deployment,pods`{lines}"
        )
    if found.was_complete:
        return (
            f"Coder is not running: Deployment {namespace}/{name} has no ready pod, and should "
            f"have {found.wanted}; for the reason type `{look} --all-containers`, then run "
            f"`pulumi up` again{lines}"
        )
    after = f" after {seconds:.0f} s (rolloutTimeoutSeconds)" if seconds is not None else ""
    old = ""
    if found.ready > found.ready_new:
        old = f"The former version still serves with {found.ready - found.ready_new} pod(s). "
    elif found.lost_old > 0:
        old = (
            "No pod of the former version serves any more; if the new version has migrated the "
            "database, none can start again. "
        )
    return (
        f"Coder's rollout is not complete{after}: Deployment {namespace}/{name}: "
        f"{found.progress()}{lines}\n"
        f"{old}Nothing was rolled back. If it is only slow, for example a long migration of the "
        "database, it finishes by itself: run `pulumi up` again, which goes on waiting. Otherwise "
        f"fix the cause and run `pulumi up`. For more type `{look} --all-containers`"
    )
