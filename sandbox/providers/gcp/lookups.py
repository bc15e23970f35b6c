"""Functions that look up clusters, networks, instances and backups."""

from collections.abc import Callable, Mapping

from sandbox.providers.bridged.functions import function
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import Function
from sandbox.providers.gcp import lookups_network, lookups_sql
from sandbox.providers.gcp.project import Project

Answer = Callable[[Operation, Project, Data, Data], Data]

ARGUMENTS: Mapping[str, tuple[Answer, tuple[str, ...], tuple[str, ...]]] = {
    "gcp:container/getCluster:getCluster": (lookups_network.cluster, ("name",), ("location",)),
    "gcp:compute/getNetworkPeering:getNetworkPeering": (
        lookups_network.peering,
        ("name", "network"),
        (),
    ),
    "gcp:compute/getGlobalAddress:getGlobalAddress": (lookups_network.address, ("name",), ()),
    "gcp:compute/getZones:getZones": (lookups_network.zones, (), ("region", "status")),
    "gcp:sql/getDatabaseInstances:getDatabaseInstances": (
        lookups_sql.instances,
        (),
        ("region", "zone"),
    ),
    "gcp:sql/getDatabaseInstance:getDatabaseInstance": (lookups_sql.instance, ("name",), ()),
    "gcp:sql/getBackupRun:getBackupRun": (
        lookups_sql.backup_run,
        ("instance",),
        ("backupId", "mostRecent"),
    ),
    "gcp:sql/getCaCerts:getCaCerts": (lookups_sql.authorities, ("instance",), ()),
    "gcp:sql/getTiers:getTiers": (lookups_sql.tiers, (), ()),
}
"""The simulated functions, each with its required and optional arguments."""
WITHOUT_PROJECT = "gcp:compute/getNetworkPeering:getNetworkPeering"
"""Takes the project from its argument `network`."""


def _function(token: str) -> Function:
    answer, required, optional = ARGUMENTS[token]

    def call(op: Operation, given: Data) -> Data:
        project = Project.of(op, given)
        found = answer(op, project, project.read(), given)
        return found if token == WITHOUT_PROJECT else {"project": project.scope, **found}

    extra = () if token == WITHOUT_PROJECT else ("project",)
    return function(token, call, required, (*optional, *extra))


FUNCTIONS: Mapping[str, Function] = {token: _function(token) for token in ARGUMENTS}
