"""The settings of `cloud: gcp` that are in Google Cloud's words."""

import re
from collections.abc import Iterator

from components.gcp import machines
from components.gcp.server_settings import Server
from components.server.restore import RestoreSetting, time_problems
from components.server.settings import ServerSettings
from components.setting_model import SettingModel

EXISTING, CREATE = PRIVATE_SERVICES = ("existing", "create")
LOCATION = re.compile(r"[a-z]+-[a-z]+\d+(-[a-z])?")
NETWORK = re.compile(r"projects/[a-z0-9.:-]+/global/networks/[a-z]([a-z0-9-]*[a-z0-9])?")
RANGE = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class Cluster(SettingModel):
    """The setting `cluster`: a GKE cluster."""

    name: str
    location: str
    """A region, or the zone of a zonal cluster."""
    project: str = ""
    """Empty for `gcp:project`, in which the server is made."""

    def problems(self) -> Iterator[str]:
        """One line for a location that is none."""
        if not LOCATION.fullmatch(self.location):
            yield (
                f'cluster.location: is "{self.location}", must be a region such as us-east1, or '
                "the zone of a zonal cluster"
            )


class Network(SettingModel):
    """The setting `network`: each value replaces what discovery finds."""

    private_network: str = ""
    """`projects/…/global/networks/…`; empty for the cluster's."""
    private_services: str = EXISTING
    """Whether the network's connection to Google's services is there, or made by the program."""
    allocated_ip_range: str = ""
    """The name of a range of the existing connection; empty for any."""
    endpoint: str = ""
    """Where the kubeconfig reaches the API server, if not at its own endpoints."""

    @property
    def creates(self) -> bool:
        """Whether the program makes the connection."""
        return self.private_services == CREATE

    @property
    def network(self) -> str:
        """The network that is given, unless it is malformed."""
        return self.private_network if NETWORK.fullmatch(self.private_network) else ""

    @property
    def range(self) -> str:
        """The range that is given, unless it is malformed or in the way of a new one."""
        usable = RANGE.fullmatch(self.allocated_ip_range) and not self.creates
        return self.allocated_ip_range if usable else ""

    def problems(self) -> Iterator[str]:
        """One line for every value that Google Cloud would refuse."""
        if self.private_network and not NETWORK.fullmatch(self.private_network):
            yield (
                f'network.privateNetwork: is "{self.private_network}", must look like '
                "projects/my-project/global/networks/my-network"
            )
        if self.private_services not in PRIVATE_SERVICES:
            yield (
                f'network.privateServices: is "{self.private_services}", must be '
                f"{' or '.join(PRIVATE_SERVICES)}"
            )
        if self.allocated_ip_range and not RANGE.fullmatch(self.allocated_ip_range):
            yield (
                f'network.allocatedIpRange: is "{self.allocated_ip_range}", must be the name of '
                "an allocated range (gcloud compute addresses list --global)"
            )
        if self.allocated_ip_range and self.creates:
            yield "network.allocatedIpRange: remove it; privateServices: create makes its own range"


class RestoreFrom(RestoreSetting):
    """The setting `restoreFrom`: a backup of an instance, or the instance at some time."""

    instance: str = ""
    backup_run_id: int = 0
    """As `gcloud sql backups list` shows it."""
    time: str = ""
    """As 2026-01-31T03:00:00Z; empty for now."""

    def problems(self) -> Iterator[str]:
        """One line for every value that Cloud SQL would refuse."""
        if self.backup_run_id and self.time:
            yield "restoreFrom: set either backupRunId or time, not both"
        if self.backup_run_id and not self.instance:
            yield "restoreFrom.instance: missing; restoreFrom.backupRunId needs it"
        yield from time_problems(self.time, self.instance)


class Settings(SettingModel):
    """The objects among the settings that `cloud: gcp` takes."""

    cluster: Cluster
    network: Network = Network()
    server: Server = Server()
    restore_from: RestoreFrom = RestoreFrom()

    def tier(self, size: str) -> str:
        """The tier of a size, or of the machine that it names."""
        return machines.tier_of(size, self.server.edition)

    def edition(self, size: str) -> str:
        """The edition asked for, or the one that offers the tier."""
        return self.server.edition or machines.edition_of(self.tier(size))

    def problems(self, server: ServerSettings) -> Iterator[str]:
        """One line for every value that Google Cloud would refuse for these settings."""
        yield from self.cluster.problems()
        yield from self.network.problems()
        yield from self.server.problems()
        yield from self.restore_from.problems()
        yield from self._tier_problems(server.size)

    def _tier_problems(self, size: str) -> Iterator[str]:
        tier, edition = self.tier(size), self.edition(size)
        yield from machines.problems(tier)
        known = machines.TIER.fullmatch(tier) and edition in machines.EDITIONS
        if known and machines.edition_of(tier) != edition:
            yield (
                f'size: is "{tier}", which edition {edition} does not offer; type `pulumi config '
                f"set --path server.edition {machines.edition_of(tier)}`, or set size to small, "
                "medium or large"
            )
