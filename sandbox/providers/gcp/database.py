"""Databases of instances; cloudsqlsuperuser owns them."""

import re
from collections.abc import Iterable

from sandbox.providers.bridged.checks import one_of
from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.account import Data
from sandbox.providers.cloud.servers import Refused
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import Problem
from sandbox.providers.gcp import account, deletion, requests
from sandbox.providers.gcp.errors import ApiError, failure, invalid
from sandbox.providers.gcp.project import Project

CHARSET, COLLATION = "UTF8", "en_US.UTF8"
_ID = re.compile(r"(?:projects/)?([^/]+)/(?:instances/)?([^/]+)/(?:databases/)?([^/]+)")


class Database(BridgedResource):
    """A database of an instance."""

    type = "gcp:sql/database:Database"
    inputs, outputs, computed = sdk.resource(
        type, replaces=("instance", "name", "project"), defaults={"deletionPolicy": "DELETE"}
    )

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        if inputs.get("name") is None:
            inputs["name"] = autoname(op, old.get("name"))
        if inputs.get("project") is None:
            inputs["project"] = op.config["project"]
        yield from one_of(op, inputs, "deletionPolicy", ("DELETE", "ABANDON", "PREVENT"))

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        project, name, instance = Project.of(op, inputs), inputs["name"], inputs["instance"]

        def insert() -> None:
            data = project.read()
            found = requests.available(data, instance)
            for key, only in (("charset", CHARSET), ("collation", COLLATION)):
                if inputs.get(key) not in (None, "", only):
                    raise invalid(f"Invalid {key} {inputs[key]} for PostgreSQL")
            if name in found["databases"] or name.startswith("template"):
                raise ApiError(400, f'database "{name}" already exists.', "invalid")
            try:
                project.servers.create_database(project.server(data, found), name)
            except Refused as refused:
                raise invalid(f"failed to create database {name}. {refused}") from refused
            with project.transaction() as changed:
                changed["instances"][instance]["databases"][name] = {}

        requests.accepted(op, "Error creating Database", insert)
        return self._id(project, inputs), self._outputs(project, inputs)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        named = _ID.fullmatch(id)
        if not named:
            raise one_error(f"Import id {id!r} doesn't match any of the accepted formats")
        keys = ("project", "instance", "name")
        inputs = {**state, **dict(zip(keys, named.groups(), strict=True))}
        project = Project.of(op, inputs)
        found = project.read()["instances"].get(inputs["instance"])
        if found is None or inputs["name"] not in found["databases"]:
            return None
        return {**inputs, **self._outputs(project, inputs), "id": self._id(project, inputs)}

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        for key in ("charset", "collation"):
            if inputs.get(key) not in (None, state[key]):
                error = invalid(f"The {key} of a PostgreSQL database can't be changed")
                raise failure(f'Error updating Database "{id}"', error)
        return self._outputs(Project.of(op, inputs), inputs)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        deletion.drop(
            op,
            state,
            "databases",
            doing="Error when reading or editing Database",
            refused=f"failed to delete database {state['name']}.",
        )

    def _id(self, project: Project, inputs: Data) -> str:
        return f"projects/{project.scope}/instances/{inputs['instance']}/databases/{inputs['name']}"

    def _outputs(self, project: Project, inputs: Data) -> Data:
        return {
            "charset": CHARSET,
            "collation": COLLATION,
            "deletionPolicy": inputs.get("deletionPolicy") or "DELETE",
            "instance": inputs["instance"],
            "name": inputs["name"],
            "project": project.scope,
            "selfLink": account.sql_link(self._id(project, inputs)),
        }
