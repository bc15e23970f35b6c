"""The database is in the zone where Coder prefers to run."""

from collections.abc import Iterator
from typing import Any

from pulumi_policy import PolicyResource

from .policies import Properties, inputs_of, stack_policy
from .servers import cloud_of, is_replica
from .values import at, leaves, objects
from .workloads import is_coder

LABEL = "topology.kubernetes.io/zone"
ZONES = {
    "aws": "availabilityZone",
    "azure": "availabilityZone",
    "gcp": "settings.locationPreference.zone",
}


def check(server: PolicyResource, stack: list[PolicyResource]) -> Iterator[str]:
    """A line for a server without a standby whose zone no release of Coder prefers."""
    inputs = inputs_of(server)
    cloud = cloud_of(server.resource_type, inputs)
    if not cloud or _has_standby(cloud, inputs) or is_replica(inputs):
        return
    coders = [each for each in stack if is_coder(each.resource_type, inputs_of(each))]
    path, zone = ZONES[cloud], at(inputs, ZONES[cloud])
    # In Azure, nodes have the region in their label: westeurope-1.
    label = f"{_region(inputs)}-{zone}" if cloud == "azure" else zone
    for coder in coders:
        preferred = set(_zones(at(inputs_of(coder), "values", {})))
        if zone and not preferred:
            yield (
                f"{path}: is {zone}, and {coder.name} prefers no zone; add a node affinity for "
                f"{LABEL} {label} to its values (setting zone)"
            )
        elif not zone and preferred:
            yield f"{path}: is not set, and {coder.name} prefers {_list(preferred)}; {_cure(path)}"
        elif zone and label not in preferred:
            yield f"{path}: is {zone}, and {coder.name} prefers {_list(preferred)}; {_cure(path)}"


def _cure(path: str) -> str:
    return f"set {path} to the zone of the cluster's nodes (setting zone), or add a standby"


def _list(zones: set[str]) -> str:
    return " or ".join(sorted(zones))


def _has_standby(cloud: str, inputs: Properties) -> bool:
    """Whether the server may fail over to another zone anyway."""
    if cloud == "aws":
        return bool(at(inputs, "multiAz"))
    if cloud == "gcp":
        return at(inputs, "settings.availabilityType") == "REGIONAL"
    return at(inputs, "highAvailability.mode") == "ZoneRedundant"


def _region(inputs: Properties) -> str:
    return str(at(inputs, "location", "")).replace(" ", "").lower()


def _zones(chart_values: Any) -> Iterator[str]:
    """The zones in node selectors and node affinities."""
    for path, each in objects(chart_values):
        if LABEL in set(each):
            yield str(each[LABEL])
        if path[-2:-1] == ("matchExpressions",) and at(each, "key") == LABEL:
            yield from (zone for _, zone in leaves(at(each, "values", [])))


POLICY = stack_policy(
    "database-zone",
    "A database without a standby is in the zone where Coder prefers to run.",
    check,
)
