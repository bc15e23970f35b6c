"""Which cluster a stack is in: a change of this identifier replaces everything in the cluster."""

import pulumi

from components import recorded
from components.kubernetes.client import Cluster, ClusterError, Forbidden
from components.kubernetes.kubeconfig import KubeconfigCluster
from components.server.discovery import DiscoveryFailed, ask, lookup

PROVIDER = "::pulumi:providers:kubernetes::cluster"
"""The end of the provider's URN."""


def identifier(stack: str, current: KubeconfigCluster) -> str:
    """The identifier in the state while it is the same cluster, else a new one.

    It is the address and the uid of the Namespace kube-system, one of which may change: the cluster
    may have been made again at the same address, or have got another address.
    """
    known = _known(stack)
    if known and current.answers_at(known):
        return known
    _, _, uid = known.partition("#")
    found = kube_system_uid(current, required=bool(uid))
    if uid and uid == found:
        return known
    if known:
        pulumi.warn(
            f"cluster: the stack is in the cluster at {_address(known)}, and context "
            f"{current.context} of the kubeconfig points to {current.server}"
            + (
                ", which is another one"
                if uid
                else "; if that is the same cluster, set the server in the kubeconfig to the old "
                "address, because this update would replace everything in the cluster"
            )
        )
    return f"{current.server}#{found}" if found else current.server


def kube_system_uid(current: KubeconfigCluster, *, required: bool) -> str:
    """The uid of the cluster's Namespace kube-system; empty where it can't be read."""
    try:
        namespace = Cluster(current.context).namespace("kube-system") or {}
        return str(namespace.get("metadata", {}).get("uid", ""))
    except Forbidden:
        return ""
    except ClusterError as error:
        if not required:
            return ""
        raise DiscoveryFailed(
            [f"cluster: whether the stack is in this cluster can't be told: {error}"]
        ) from error


def _known(stack: str) -> str:
    question = "cluster: the stack's state can't be read"
    [known] = ask(lookup(question, recorded.resources, stack=stack))
    for urn, outputs in known.items():
        if urn.endswith(PROVIDER):
            return str(outputs.get("clusterIdentifier", ""))
    return ""


def _address(identifier: str) -> str:
    return identifier.partition("#")[0]
