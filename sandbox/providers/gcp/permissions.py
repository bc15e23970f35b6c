"""The IAM permissions that the provider's requests need.

The requests are those of the Terraform provider
(github.com/hashicorp/terraform-provider-google, google/services). The permissions are those of
cloud.google.com/sql/docs/postgres/iam-permissions,
cloud.google.com/iam/docs/roles-permissions/servicenetworking,
cloud.google.com/compute/docs/reference/rest/v1/globalAddresses and
cloud.google.com/kubernetes-engine/docs/reference/api-permissions. Not tried on Google Cloud.
"""

from collections.abc import Callable, Iterator, Mapping

from sandbox.providers.framework.requests import READS, Permission, Request

LOOKUPS: Mapping[str, tuple[str, ...]] = {
    # The number of nodes is that of the pools' instance groups.
    "gcp:container/getCluster:getCluster": (
        "container.clusters.get",
        "compute.instanceGroupManagers.get",
    ),
    "gcp:compute/getNetworkPeering:getNetworkPeering": ("compute.networks.get",),
    "gcp:compute/getGlobalAddress:getGlobalAddress": ("compute.globalAddresses.get",),
    "gcp:compute/getZones:getZones": ("compute.zones.list",),
    "gcp:sql/getDatabaseInstances:getDatabaseInstances": ("cloudsql.instances.list",),
    "gcp:sql/getDatabaseInstance:getDatabaseInstance": ("cloudsql.instances.get",),
    "gcp:sql/getBackupRun:getBackupRun": ("cloudsql.backupRuns.get",),
    "gcp:sql/getCaCerts:getCaCerts": ("cloudsql.instances.listServerCas",),
    "gcp:sql/getTiers:getTiers": (),  # needs no permission
}
"""The permissions of each function."""
TO_READ: Mapping[str, tuple[str, ...]] = {
    "gcp:sql/databaseInstance:DatabaseInstance": ("cloudsql.instances.get",),
    "gcp:sql/user:User": ("cloudsql.instances.get", "cloudsql.users.list"),
    "gcp:sql/database:Database": ("cloudsql.instances.get", "cloudsql.databases.get"),
    "gcp:compute/globalAddress:GlobalAddress": ("compute.globalAddresses.get",),
    # The API of the connections takes the project's number, which the provider looks up.
    "gcp:servicenetworking/connection:Connection": (
        "resourcemanager.projects.get",
        "servicenetworking.services.get",
    ),
}
"""The permissions with which a resource is read, also after each change of it.

An operation of Cloud SQL is polled with `cloudsql.instances.get`.
"""


def needed(request: Request) -> Iterator[Permission]:
    """What an operation needs; a role grants it on the whole project."""
    actions = LOOKUPS[request.type] if request.kind == "look-up" else TO_READ[request.type]
    yield from map(Permission, actions)
    if request.kind not in READS:
        abandoned = request.kind == "delete" and request.state.get("deletionPolicy") == "ABANDON"
        yield from map(Permission, () if abandoned else CHANGES[request.type](request))


def _instance(request: Request) -> Iterator[str]:
    creates = request.kind == "create"
    if creates and request.inputs.get("clone"):
        yield "cloudsql.instances.clone"
        yield "cloudsql.instances.update"  # a clone then gets the settings
        return
    yield f"cloudsql.instances.{request.kind}"
    if creates and request.inputs.get("restoreBackupContext"):
        yield "cloudsql.backupRuns.get"
        yield "cloudsql.instances.restoreBackup"


def _part(kind: str) -> Callable[[Request], Iterator[str]]:
    def needed(request: Request) -> Iterator[str]:
        yield f"cloudsql.{kind}.{request.kind}"

    return needed


def _address(request: Request) -> Iterator[str]:
    if request.kind == "create":
        yield "compute.globalAddresses.createInternal"
        yield "compute.networks.use"
    if request.kind == "delete":
        yield "compute.globalAddresses.deleteInternal"
    if (request.inputs.get("labels") or {}) != (request.state.get("labels") or {}):
        yield "compute.globalAddresses.setLabels"
    yield "compute.globalOperations.get"


def _connection(request: Request) -> Iterator[str]:
    if request.kind != "delete":
        yield "servicenetworking.services.addPeering"
        yield "servicenetworking.operations.get"
        return
    yield "servicenetworking.services.deleteConnection"
    yield "servicenetworking.operations.get"
    # If the connection is still used: github.com/GoogleCloudPlatform/magic-modules/pull/18476.
    if request.state.get("deletionPolicy") == "REMOVE_PEERING":
        yield "compute.networks.removePeering"
        yield "compute.globalOperations.get"


CHANGES: Mapping[str, Callable[[Request], Iterator[str]]] = {
    "gcp:sql/databaseInstance:DatabaseInstance": _instance,
    "gcp:sql/user:User": _part("users"),
    "gcp:sql/database:Database": _part("databases"),
    "gcp:compute/globalAddress:GlobalAddress": _address,
    "gcp:servicenetworking/connection:Connection": _connection,
}
"""What creating, updating and deleting a resource needs."""
