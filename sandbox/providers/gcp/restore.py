"""Restores of backup runs: the data of an instance are replaced by those of a backup."""

from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.operation import Operation
from sandbox.providers.gcp import requests
from sandbox.providers.gcp.errors import ApiError, invalid
from sandbox.providers.gcp.project import Project


def run(op: Operation, project: Project, name: str, context: Data | None) -> None:
    """Restore a backup over the data of an instance, if one is asked for."""
    if not context:
        return
    doing = f"Error, failed to restore instance from backup {name}"
    requests.accepted(op, doing, lambda: _begin(project, name, context))
    op.status("restoring")
    requests.wait(op, project, name, "Restore Backup")


def _begin(project: Project, name: str, context: Data) -> None:
    if context.get("project") not in (None, "", project.scope):
        raise invalid("not simulated: a backup of another project is an error")
    with project.transaction() as data:
        instance = requests.available(data, name)
        id = str(context["backupRunId"])
        kept = backup(data, context.get("instanceId") or name, id)
        if kept["databaseVersion"] != instance["databaseVersion"]:
            raise invalid(
                f"The backup has the database version {kept['databaseVersion']}, the instance "
                f"{instance['databaseVersion']}: a backup can only be restored to an instance with "
                "the same version"
            )
        if kept["settings"]["diskSize"] > instance["settings"]["diskSize"]:
            raise invalid(
                "The storage of the instance must not be smaller than that of the backup, "
                f"{kept['settings']['diskSize']} GB"
            )
        project.begin(instance, "restore", snapshot=id)


def backup(data: Data, instance: str, id: str) -> Data:
    """A backup run of an instance that exists."""
    uid = requests.instance_of(data, instance)["uid"]
    kept = data["snapshots"].get(id)
    if kept is None or kept["uid"] != uid:
        raise ApiError(404, "The Cloud SQL backup run does not exist.", "backupRunDoesNotExist")
    return kept
