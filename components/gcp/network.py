"""Private services access: the connection between a network and the one that Cloud SQL is in."""

import dataclasses
from collections.abc import Iterator, Mapping

import pulumi
from pulumi_gcp import compute, servicenetworking

from components import guards

SERVICE = "servicenetworking.googleapis.com"
PEERING = "servicenetworking-googleapis-com"
"""The name that Google gives to the peering of every such connection."""
CONNECTION = "gcp:servicenetworking/connection:Connection"
PREFIX_LENGTH = 20
"""Of the range: sixteen of the /24 networks that Cloud SQL takes for each region."""
ANOTHER_NETWORK = "; another network.privateNetwork, cluster or network.privateServices does that"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrivateServices:
    """The connection of a network to Google's services, and who needs it."""

    network: str
    """`projects/…/global/networks/…`."""
    create: bool
    exists: bool
    is_own: bool
    """Whether this stack made it."""
    range: str
    """The allocated range that the settings name; empty for any."""
    range_network: str
    """The network of that range; empty where there is no such range."""
    neighbours: tuple[str, ...]
    """Who else needs it, as far as this program can see."""

    @property
    def project(self) -> str:
        """The project of the network: the host project of a Shared VPC."""
        return self.network.split("/")[1]

    @property
    def name(self) -> str:
        """The network's own name."""
        return self.network.rpartition("/")[2]

    def problems(self) -> Iterator[str]:
        """One line for each reason that an instance could not be reached in this network."""
        if self.create and self.exists and not self.is_own:
            yield (
                f"network.privateServices: is create, but {self.network} has a connection to "
                f"{SERVICE} already, which this stack did not make, and it takes only one; type "
                "`pulumi config set --path network.privateServices existing`"
            )
        elif not self.create and self.is_own:
            yield (
                "network.privateServices: is existing, but this stack made the connection, and "
                "would delete it below its own instance; type `pulumi config set --path "
                "network.privateServices create`"
            )
        elif not self.create and not self.exists:
            yield self._missing()
        if self.range and self.range_network != self.network:
            yield (
                f"network.allocatedIpRange: is {self.range}, which is no allocated range of "
                f"{self.network}; list them: `gcloud compute addresses list --global "
                f"--filter=purpose=VPC_PEERING --project={self.project}`"
            )

    def _missing(self) -> str:
        of = f"--network={self.name} --project={self.project}"
        range = f"google-managed-services-{self.name}"
        return (
            f"network.privateServices: {self.network} has no private services access; type "
            f"`gcloud compute addresses create {range} --global --purpose=VPC_PEERING "
            f"--prefix-length={PREFIX_LENGTH} {of}`, then `gcloud services vpc-peerings connect "
            f"--service={SERVICE} --ranges={range} {of}`; or `pulumi config set --path "
            "network.privateServices create`"
        )

    def deletion_policy(self, *, protect: bool) -> str:
        """What a destroy does with the connection and its range.

        Google refuses to delete the connection for hours after the last instance is gone;
        REMOVE_PEERING then removes the peering, whoever else uses it. So it is only for a network
        that nobody else is known to use. A protected stack can't be destroyed, and the `pulumi up`
        that unprotects it looks again.
        """
        return "ABANDON" if protect or self.neighbours else "REMOVE_PEERING"


def private_services(
    name: str,
    found: PrivateServices,
    labels: Mapping[str, str],
    parent: pulumi.Resource,
    *,
    protect: bool,
) -> list[pulumi.Resource]:
    """The range and the connection, where they are to be made."""
    if not found.create:
        return []
    policy = found.deletion_policy(protect=protect)
    if not protect:
        pulumi.info(_at_destroy(found), parent)
    range = compute.GlobalAddress(
        f"{name}-range",
        project=found.project,
        network=found.network,
        purpose="VPC_PEERING",
        address_type="INTERNAL",
        prefix_length=PREFIX_LENGTH,
        labels=labels,
        deletion_policy="ABANDON" if policy == "ABANDON" else "DELETE",
        opts=guards.protected(parent, f"{name}-range", protect=protect, because=ANOTHER_NETWORK),
    )
    connection = servicenetworking.Connection(
        f"{name}-connection",
        network=found.network,
        service=SERVICE,
        reserved_peering_ranges=[range.name],
        deletion_policy=policy,
        opts=guards.protected(
            parent, f"{name}-connection", protect=protect, because=ANOTHER_NETWORK
        ),
    )
    return [connection]


def _at_destroy(found: PrivateServices) -> str:
    if found.neighbours:
        return (
            f"`pulumi destroy` leaves the private services access of {found.network}, because "
            f"{', '.join(found.neighbours)} may need it"
        )
    return (
        f"`pulumi destroy` removes the private services access of {found.network}; if another "
        "service uses it (Memorystore, AlloyDB, Filestore), set protect to true again"
    )
