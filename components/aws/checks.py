"""Checks of what discovery found: a line for each thing that RDS, EKS or Coder can't use."""

from collections.abc import Iterable, Iterator, Sequence

from pulumi_aws import eks

from components.aws import clients, offers
from components.aws.lookups import LiveInstance
from components.aws.policy import POLICY
from components.aws.settings import Settings
from components.kubernetes import kubeconfig
from components.server import versions
from components.server.discovery import DiscoveryRequest
from components.server.settings import ServerSettings

READY = ("ACTIVE", "UPDATING")


def cluster_problems(name: str, status: str) -> Iterator[str]:
    """One line for a cluster that is being created or deleted: it lacks what the rest needs."""
    if status not in READY:
        yield (
            f"cluster.name: EKS cluster {name} is {status}, must be ACTIVE; "
            f"`aws eks wait cluster-active --name {name}` waits until it is"
        )


def kubeconfig_problems(
    request: DiscoveryRequest[Settings], cluster: "eks.GetClusterResult"
) -> Iterable[str]:
    """One line if the kubeconfig does not point to the cluster."""
    name = request.own.cluster.name
    return kubeconfig.problems(
        request.kube_context,
        endpoints=[request.own.network.endpoint or cluster.endpoint],
        cluster=f"EKS cluster {name}",
        cure=f"type `aws eks update-kubeconfig --name {name}`",
    )


def missing(name: str, found: Sequence[str], region: str, authorities: str) -> Iterator[str]:
    """One line for each value that neither the settings nor discovery gave."""
    if not found:
        yield (
            f"network.clientSecurityGroupIds: missing, and EKS cluster {name} has no security "
            f"group of its own; {clients.SET_THEM}"
        )
    if not authorities:
        # docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
        address = f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"
        elsewhere = "the RDS User Guide, chapter `Using SSL/TLS`, has its address"
        yield (
            f"caCertificate: missing, and no bundled RDS CA covers region {region}; set it to the "
            "path of Amazon's bundle for that region: "
            f"{elsewhere if region.startswith(('cn-', 'us-gov-')) else address}"
        )


def version_problems(
    server: ServerSettings, live: LiveInstance, targets: Sequence[str] | None
) -> Iterator[str]:
    """One line for each reason that the live instance can't be upgraded to the asked version."""
    wanted, faults = server.major, [*versions.problems(server.major, live, POLICY)]
    if targets is not None and not faults and not offers.newest(targets, wanted):
        faults.append(offers.no_target(live, wanted, targets))
    yield from faults
    if wanted > live.version and live.has_own_parameters and not server.apply_immediately:
        yield (
            f"postgresVersion: is {wanted}, and instance {live.identifier} has a parameter "
            f"group of {live.version}, which can be deleted only after the upgrade; type `pulumi "
            "config set applyImmediately true`, so that the upgrade doesn't wait"
        )
