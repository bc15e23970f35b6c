"""Single look-ups in Google Cloud, each to be asked beside others that do not depend on it."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pulumi_gcp as gcp
from pulumi_gcp import container, sql

from components.gcp import cluster as clusters
from components.gcp.certificates import joined
from components.gcp.labels import LABELS
from components.gcp.network import CONNECTION
from components.gcp.settings import Cluster
from components.server.discovery import DiscoveryFailed, LiveServer, Lookup, lookup, refuse
from components.server.lookups import recorded_state


@dataclasses.dataclass(frozen=True, kw_only=True)
class LiveInstance(LiveServer):
    """An instance of the project."""

    network: str
    labels: Mapping[str, str]
    secondary_zone: str
    regional: bool
    storage_gb: int
    settings_version: int
    """The number of its settings, which each change raises."""


def project() -> str:
    """The project in which the instance is, from `gcp:project` or the environment."""
    found = gcp.config.project
    if not found:
        raise DiscoveryFailed(["gcp:project: missing; type `pulumi config set gcp:project …`"])
    return found


def cluster(asked: Cluster, project: str) -> Lookup[clusters.Cluster]:
    """The GKE cluster of that name and location."""
    where = f"project {asked.project or project}"
    question = (
        f"cluster.name: {asked.name} in cluster.location {asked.location} of {where} can't be "
        "looked up; check them and the credentials"
    )
    found = lookup(
        question,
        container.get_cluster,
        name=asked.name,
        location=asked.location,
        project=asked.project or project,
    )

    def answer() -> clusters.Cluster:
        refuse(asked.problems())
        parsed = clusters.parse(asked, asked.project or project, found())
        if parsed is None:
            raise DiscoveryFailed([f"{question}: not found"])
        return parsed

    return answer


def instances(project: str) -> Lookup[list[LiveInstance]]:
    """All instances of the project."""
    found = lookup(f"Instances of {project}", sql.get_database_instances, project=project)
    return lambda: [parse_instance(i, project) for i in found().instances or [] if i.settings]


def has_failed_over(live: LiveInstance, project: str) -> Lookup[bool]:
    """Whether the instance serves from its secondary zone.

    No look-up returns the zone that an instance serves from, but this one filters by it:
    https://www.pulumi.com/registry/packages/gcp/api-docs/sql/getdatabaseinstances/
    """
    found = lookup(
        f"Instances in {live.secondary_zone}",
        sql.get_database_instances,
        project=project,
        zone=live.secondary_zone,
    )
    return lambda: any(each.name == live.identifier for each in found().instances or [])


def parse_instance(found: Any, project: str) -> LiveInstance:
    """The instance, from a list of them or from a look-up of its own."""
    settings = found.settings[0]
    labels = settings.user_labels or {}
    place = next(iter(settings.location_preferences or []), None)
    network = next((each.private_network for each in settings.ip_configurations or []), "")
    zone = place.zone if place else ""
    return LiveInstance(
        identifier=found.name,
        zone=zone,
        pinned_zone=labels.get(LABELS.zone) or zone,
        version=version(found.database_version),
        network=clusters.network_path(network, project) if network else "",
        labels=labels,
        secondary_zone=(place.secondary_zone or "") if place else "",
        regional=settings.availability_type == "REGIONAL",
        storage_gb=settings.disk_size,
        settings_version=settings.version,
    )


def version(database_version: str) -> int:
    """The major version of `POSTGRES_17`; 0 of another database, which shares the project."""
    found = database_version.partition("POSTGRES_")[2].partition("_")[0]
    return int(found) if found.isdecimal() else 0


def authorities(instance: str, project: str) -> Lookup[str]:
    """All CAs of the instance: two during a rotation, of which the resource has only one."""
    found = lookup(f"The CAs of {instance}", sql.get_ca_certs, instance=instance, project=project)
    return lambda: joined(each.cert for each in found().certs)


def tiers(project: str, region: str) -> Lookup[list[str]]:
    """The predefined tiers of the region; custom ones are not listed."""
    found = lookup(f"The tiers of {region}", sql.get_tiers, project=project)
    return lambda: sorted(each.tier for each in found().tiers if region in each.regions)


def made_connections(stack: str) -> Lookup[set[str]]:
    """The networks whose connection this stack made, as its state records them."""
    found = recorded_state(stack)
    return lambda: {
        str(outputs.get("network"))
        for urn, outputs in found().items()
        if urn.split("::")[2].endswith(CONNECTION)
    }
