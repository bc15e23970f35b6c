"""Users of instances: logins that are members of cloudsqlsuperuser."""

from collections.abc import Iterable

from sandbox.providers.bridged.checks import one_of, problem
from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path
from sandbox.providers.gcp import deletion, passwords, requests
from sandbox.providers.gcp.errors import ApiError, no_instance
from sandbox.providers.gcp.project import Project

NOT_SIMULATED = ("databaseRoles", "passwordPolicy", "passwordWo", "passwordWoVersion")


class User(BridgedResource):
    """A user with a password; other kinds are not simulated."""

    type = "gcp:sql/user:User"
    inputs, outputs, computed = sdk.resource(
        type,
        replaces=("host", "instance", "name", "project", "type"),
        defaults={"deletionPolicy": "DELETE"},
    )

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path == ("type",):
            return (old.get("type") or "BUILT_IN") != (new.get("type") or "BUILT_IN")
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        if inputs.get("name") is None:
            inputs["name"] = autoname(op, old.get("name"))
        if inputs.get("project") is None:
            inputs["project"] = op.config["project"]
        for key in NOT_SIMULATED:
            if inputs.get(key):
                yield problem(op, key, f"not simulated: setting {key} is an error")
        yield from one_of(op, inputs, "type", ("", "BUILT_IN"))
        yield from one_of(op, inputs, "deletionPolicy", ("DELETE", "ABANDON", "PREVENT"))

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        project, name, instance = Project.of(op, inputs), inputs["name"], inputs["instance"]
        if inputs.get("host"):
            found = project.read()["instances"].get(instance) or {}
            version = found.get("databaseVersion")
            raise one_error(f"Error: Host field is only supported for MySQL instances: {version}")
        doing = f"Error, failed to insert user {name} into instance {instance}"
        put(op, project, instance, name, inputs.get("password") or "", doing)
        return f"{name}//{instance}", self._outputs(project, inputs)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """Read the user; an import names project, instance and user."""
        inputs = state or _imported(id)
        project = Project.of(op, inputs)
        instance = project.read()["instances"].get(inputs["instance"])
        if instance is None:
            raise one_error(str(no_instance()))
        name = inputs["name"]
        if name not in instance["users"]:
            return None
        found = {**inputs, **self._outputs(project, inputs)}
        return {**found, "id": f"{name}//{inputs['instance']}"}

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        project, name, instance = Project.of(op, inputs), inputs["name"], inputs["instance"]
        if inputs.get("password") != state.get("password"):
            # The missing space is the provider's.
            doing = f"Error, failed to updateuser {name} into user {instance}"
            put(op, project, instance, name, inputs.get("password") or "", doing)
        return self._outputs(project, inputs)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        name = state["name"]
        deletion.drop(
            op,
            state,
            "users",
            # The missing space is the provider's.
            doing=f"Error, failed to deleteuser {name} in instance {state['instance']}",
            refused=f"failed to delete user {name}: .",
        )

    def _outputs(self, project: Project, inputs: Data) -> Data:
        return {
            "deletionPolicy": inputs.get("deletionPolicy") or "DELETE",
            "host": "",
            "iamEmail": "",
            "instance": inputs["instance"],
            "name": inputs["name"],
            "project": project.scope,
            "sqlServerUserDetails": [],
            "type": "BUILT_IN",
        }


def put(
    op: Operation, project: Project, instance: str, name: str, password: str, doing: str
) -> None:
    """Create a user or change its password; Cloud SQL does not distinguish the two."""

    def insert() -> None:
        data = project.read()
        found = requests.available(data, instance)
        passwords.refuse(found["settings"], name, password)
        if name.startswith(("cloudsql", "pg_")) or not 1 <= len(name) <= 63:
            raise ApiError(400, f"Invalid request: Invalid user name: {name}.", "invalid")
        project.servers.put_user(project.server(data, found), name, password)
        with project.transaction() as changed:
            changed["instances"][instance]["users"][name] = {}

    requests.accepted(op, doing, insert)


def _imported(id: str) -> Data:
    parts = id.split("/")
    if len(parts) != 3 or not all(parts):
        raise one_error(
            "Invalid specifier. Expecting {project}/{instance}/{name} for postgres instance and "
            "{project}/{instance}/{host}/{name} for MySQL instance"
        )
    return dict(zip(("project", "instance", "name"), parts, strict=True))
