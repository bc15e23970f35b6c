"""The kubeconfig is compared with the settings and the state; no server is looked up."""

from collections.abc import Iterator

import pulumi

from components import certificates
from components.existing.policy import traits
from components.existing.settings import Cluster, Settings
from components.kubernetes import identity, kubeconfig
from components.server.discovery import Discovery, DiscoveryFailed, DiscoveryRequest, refuse


def discover(request: DiscoveryRequest[Settings]) -> Discovery:
    """The cluster that the kubeconfig points to; raises DiscoveryFailed where it is another one."""
    try:
        current = kubeconfig.current(request.kube_context)
    except kubeconfig.KubeconfigError as error:
        raise DiscoveryFailed([str(error)]) from error
    cluster = request.own.cluster
    refuse(
        _cluster_problems(cluster, current),
        _zone_problems(request.server.zone, cluster.zone),
    )
    if not cluster.endpoint and not cluster.certificate_authority:
        pulumi.warn(
            "cluster: neither endpoint nor certificateAuthority is set, so nothing tells whether "
            f"{current.server} (context {current.context}) is the right cluster"
        )
    return Discovery(
        cluster_identifier=identity.identifier(request.server.spec.stack, current),
        zone=traits(request.server, request.own).zone,
    )


def _cluster_problems(cluster: Cluster, current: kubeconfig.KubeconfigCluster) -> Iterator[str]:
    if cluster.endpoint and not current.answers_at(cluster.endpoint):
        yield (
            f"cluster.endpoint: is {cluster.endpoint}, but context {current.context} of the "
            f"kubeconfig points to {current.server}; set kubeContext to the right cluster"
        )
    if not cluster.certificate_authority:
        return
    wanted = certificates.pem(cluster.certificate_authority)
    if not wanted:
        yield "cluster.certificateAuthority: is not a certificate in PEM or base64 of it"
    elif wanted != current.certificate_authority:
        yield (
            "cluster.certificateAuthority: is not the one of context "
            f"{current.context} ({current.server}); set kubeContext to the right cluster"
        )


def _zone_problems(asked: str, of_cluster: str) -> Iterator[str]:
    if asked and of_cluster and asked != of_cluster:
        yield (
            f'zone: is "{asked}", but cluster.zone is "{of_cluster}"; the database and Coder '
            "belong in one zone: set both to the same, or remove one"
        )
