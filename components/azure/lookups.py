"""Single look-ups in Azure, each to be asked beside others that do not depend on it."""

import dataclasses
from collections.abc import Mapping

from pulumi_azure_native import containerservice, dbforpostgresql

from components.azure import cluster as clusters
from components.azure.limits import LABELS, RESTORED_FROM
from components.azure.settings import Cluster
from components.server.discovery import LiveServer, Lookup, lookup
from components.server.lookups import if_exists
from components.server.versions import major

MISSING = 'Code="ResourceNotFound"'
"""In the error of a look-up: the resource group is there, and the resource is not."""
GROUP_MISSING = 'Code="ResourceGroupNotFound"'


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveFlexibleServer(LiveServer):
    """The server that this stack made."""

    host: str
    tags: Mapping[str, str]
    subnet: str | None
    """The ID of its delegated subnet; empty without one, None where Azure doesn't say."""
    storage_gb: int
    has_standby: bool
    standby_zone: str
    state: str

    @property
    def restored_from(self) -> str:
        """The server that it is a copy of; empty if it is none."""
        return self.tags.get(RESTORED_FROM, "")


def cluster(asked: Cluster) -> Lookup[clusters.AksCluster]:
    """The AKS cluster of that name."""
    found = lookup(
        f"cluster.name: {asked.name} in resource group {asked.resource_group} can't be looked up; "
        "check both, azure-native:subscriptionId and the credentials",
        containerservice.get_managed_cluster,
        resource_group_name=asked.resource_group,
        resource_name=asked.name,
    )
    return lambda: clusters.parse(found())


def live_server(resource_group: str, name: str) -> Lookup[LiveFlexibleServer | None]:
    """The server that this stack made, or None."""
    question = (
        f"server.resourceGroup: server {name} can't be looked up in {resource_group}; check that "
        "this resource group exists, and the credentials"
    )
    found = if_exists(server(question, resource_group, name), MISSING)

    def answer() -> LiveFlexibleServer | None:
        each = found()
        return None if each is None else _live(each)

    return answer


def server(
    question: str, resource_group: str, name: str
) -> Lookup["dbforpostgresql.GetServerResult"]:
    """A flexible server."""
    return lookup(
        question,
        dbforpostgresql.get_server,
        resource_group_name=resource_group,
        server_name=name,
    )


def _live(found: "dbforpostgresql.GetServerResult") -> LiveFlexibleServer:
    tags = found.tags or {}
    standby = found.high_availability
    return LiveFlexibleServer(
        identifier=found.name,
        import_id=found.id,
        host=found.fully_qualified_domain_name,
        tags=tags,
        zone=found.availability_zone or "",
        # Without the tag, Azure has chosen the zone, and none is pinned.
        pinned_zone=tags.get(LABELS.zone, ""),
        version=major(found.version or "0"),
        subnet=(found.network.delegated_subnet_resource_id or "") if found.network else None,
        storage_gb=(found.storage.storage_size_gb if found.storage else None) or 0,
        has_standby=bool(standby and standby.mode not in (None, "Disabled")),
        standby_zone=(standby.standby_availability_zone if standby else None) or "",
        state=found.state,
    )
