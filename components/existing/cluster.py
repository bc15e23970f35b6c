"""A cluster that is looked up nowhere: the kubeconfig is compared with what the settings say."""

import dataclasses

import pulumi

from components import certificates
from components.kubernetes import kubeconfig
from components.server.discovery import Cluster, Search


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """The setting `cluster` of `cloud: existing`."""

    endpoint: str = ""
    certificate_authority: str = ""
    """PEM, or base64 of it as a kubeconfig has it."""
    zone: str = ""


def find_cluster(args: ClusterArgs, search: Search) -> tuple[Cluster | None, list[str]]:
    """The cluster of the kubeconfig, or None, and a line for everything that does not fit."""
    try:
        current = kubeconfig.current(search.context)
    except kubeconfig.KubeconfigError as error:
        return None, [str(error)]
    problems: list[str] = []
    if args.endpoint and not current.answers_at(args.endpoint):
        problems.append(
            f"cluster.endpoint: is {args.endpoint}, yet context {current.context} of the "
            f"kubeconfig points to {current.server}; set kubeContext to the cluster that is meant"
        )
    if args.certificate_authority:
        wanted = certificates.pem(args.certificate_authority)
        if not wanted:
            problems.append("cluster.certificateAuthority: is no certificate in PEM or its base64")
        elif wanted != current.certificate_authority:
            problems.append(
                "cluster.certificateAuthority: is not the one of context "
                f"{current.context} ({current.server}); set kubeContext to the one that is meant"
            )
    if search.zone and args.zone and search.zone != args.zone:
        problems.append(
            f'zone: is "{search.zone}", yet cluster.zone is "{args.zone}"; the database and Coder '
            "belong in one zone: set both to the same, or leave one out"
        )
    if not args.endpoint and not args.certificate_authority:
        pulumi.warn(
            "cluster: neither endpoint nor certificateAuthority is given, so nothing tells whether "
            f"{current.server} (context {current.context}) is the cluster that is meant"
        )
    return Cluster(identifier=current.server, zone=search.zone or args.zone), problems
