"""Functions that look up instances, backup runs, certificate authorities and tiers."""

from sandbox.providers.bridged.functions import NotFound
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Inputs
from sandbox.providers.gcp import record, requests, restore
from sandbox.providers.gcp import tiers as known_tiers
from sandbox.providers.gcp.authorities import outputs as authority_outputs
from sandbox.providers.gcp.errors import ApiError
from sandbox.providers.gcp.instance_schema import DECLARATION
from sandbox.providers.gcp.project import Project

_PLURALS = {
    "advancedMachineFeatures": "advancedMachineFeatures",
    "backupRetentionSettings": "backupRetentionSettings",
    "passwordValidationPolicy": "passwordValidationPolicies",
}
"""Names of lists that are not the singular with an s."""
_UNSET: Data = {
    "backupdrBackup": "",
    "blueGreenDeployments": [],
    "clones": [],
    "deletionPolicy": "",
    "deletionProtection": False,
    "finalBackupDescription": "",
    "includeReplicasForMajorVersionUpgrade": False,
    "pointInTimeRestoreContexts": [],
    "replicaConfigurations": [],
    "restoreBackupContexts": [],
    "rootPassword": "",
    "rootPasswordWo": "",
    "rootPasswordWoVersion": "",
    "switchTransactionLogsToCloudStorageEnabled": False,
}
"""Arguments of the resource that the API does not return."""


def instances(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """The instances of the project, its region, or its zone; this function omits DNS names."""
    region, zone = arguments.get("region"), arguments.get("zone")
    found = [
        each
        for each in data["instances"].values()
        # Not the preferred zone: the one that the instance serves from.
        if region in (None, each["region"]) and zone in (None, each["gceZone"])
    ]
    return {
        "id": f"database_instances_ds/{project.scope}//{region or ''}/{zone or ''}//",
        "instances": [{**_described(each), "dnsName": "", "dnsNames": []} for each in found],
    }


def instance(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """One instance."""
    name = arguments["name"]
    found = data["instances"].get(name)
    if not found:
        raise NotFound(f"{name} not found")
    return {"id": f"projects/{project.scope}/instances/{name}", **_described(found)}


def _described(found: Data) -> Data:
    outputs = record.outputs(found)
    if found["status"] == "PENDING_CREATE":
        outputs |= {"firstIpAddress": "", "ipAddresses": [], "privateIpAddress": ""}
    outputs["replicationClusters"] = [outputs.pop("replicationCluster")]
    return {**_UNSET, **outputs, "settings": [listed(outputs["settings"], _settings_fields())]}


def _settings_fields() -> Inputs:
    return DECLARATION.inputs["settings"].fields


def listed(values: Data, declared: Inputs) -> Data:
    """Values as a function returns them: each object is a list with one element, or none."""
    found: Data = {}
    empty = {"string": "", "integer": 0, "number": 0.0, "boolean": False, "list": [], "map": {}}
    for key, known in declared.items():
        value = values.get(key)
        if known.kind == "object":
            inner = [listed(value, known.fields)] if value is not None else []
            found[_PLURALS.get(key, f"{key}s")] = inner
        else:
            found[key] = empty[known.kind] if value is None else value
    return found


def backup_run(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """One backup run of an instance: the given one, the newest, or the only one."""
    name, id = arguments["instance"], arguments.get("backupId")
    try:
        uid = requests.instance_of(data, name)["uid"]
        runs = sorted(
            (key for key, each in data["snapshots"].items() if each["uid"] == uid),
            key=int,
            reverse=True,
        )
        if id is None:
            if not runs:
                raise NotFound(f"No backups found for SQL Database Instance {name}")
            if len(runs) > 1 and not arguments.get("mostRecent"):
                raise NotFound(
                    f"Multiple SQL backup runs listed for Instance {name}. Consider setting "
                    "most_recent or specifying a backup_id"
                )
            id = runs[0]
        kept = restore.backup(data, name, str(id))
    except ApiError as error:
        raise NotFound(str(error)) from None
    return {
        "id": f"projects/{project.scope}/instances/{name}/backupRuns/{id}",
        "backupId": int(id),
        "location": kept["region"].split("-")[0],
        "startTime": kept["created"],
        "status": "SUCCESSFUL",
    }


def authorities(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """All certificate authorities of an instance: two during a rotation."""
    name = arguments["instance"].rpartition("/")[2]
    try:
        found = requests.instance_of(data, name)
    except ApiError as error:
        raise NotFound(f"error retrieving CA certs: {error}") from None
    return {
        "id": f"projects/{project.scope}/instance/{name}",
        "activeVersion": found["activeAuthority"],
        "certs": authority_outputs(found["authorities"]),
    }


def tiers(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """The tiers that the API lists, with the regions that offer them."""
    return {"id": project.scope, "tiers": known_tiers.listed()}
