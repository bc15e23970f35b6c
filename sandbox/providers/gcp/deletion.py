"""The deletion of an instance or of a part of it, and what protects them."""

from typing import Literal

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.servers import Refused
from sandbox.providers.framework.operation import Operation
from sandbox.providers.gcp import requests
from sandbox.providers.gcp.errors import ApiError, invalid
from sandbox.providers.gcp.project import Project, backup_id

PROTECTED = (
    "Error, failed to delete instance because deletion_protection is set to true. Set it to false "
    "to proceed with instance deletion"
)


def run(op: Operation, project: Project, name: str, state: Data) -> None:
    """Delete an instance; leaves a final backup if its settings ask for one."""
    if abandoned(state, name):
        return
    if state.get("deletionProtection"):
        raise one_error(PROTECTED)
    doing = f"Error, failed to delete instance {name}"
    requests.accepted(op, doing, lambda: _begin(project, name))
    op.status("deleting")
    requests.wait(op, project, name, "Delete Instance")


def _begin(project: Project, name: str) -> None:
    with project.transaction() as data:
        instance = requests.available(data, name)
        of = instance["settings"]
        if of["deletionProtectionEnabled"]:
            raise ApiError(
                400,
                "The instance is protected. Please disable the deletion protection and try again. "
                "To disable deletion protection, update the instance settings with "
                "deletionProtectionEnabled set to false.",
                "invalid",
            )
        final = (of.get("finalBackupConfig") or {}).get("enabled")
        project.begin(instance, "delete", snapshot=backup_id() if final else None)


def drop(
    op: Operation,
    state: Data,
    kind: Literal["databases", "users"],
    *,
    doing: str,
    refused: str,
) -> None:
    """Delete a user or database; both phrases are the provider's, before what PostgreSQL says."""
    name, instance = state["name"], state["instance"]
    if abandoned(state, name):
        return
    project = Project.of(op, state)

    def run() -> None:
        data = project.read()
        server = project.server(data, requests.available(data, instance))
        servers = project.servers
        dropping = servers.drop_user if kind == "users" else servers.drop_database
        try:
            dropping(server, name)
        except Refused as error:
            said = " ".join(str(error).split())
            raise invalid(f"{refused} {said}") from error
        with project.transaction() as changed:
            changed["instances"][instance][kind].pop(name, None)

    requests.accepted(op, doing, run)


def abandoned(state: Data, name: str) -> bool:
    """Whether the deletion policy leaves the resource; a policy may also prevent the deletion."""
    policy = state.get("deletionPolicy")
    if policy == "PREVENT":
        raise one_error(
            f'cannot destroy "{name}" without setting deletion_policy="DELETE" and running '
            "`terraform apply`"
        )
    return policy == "ABANDON"
