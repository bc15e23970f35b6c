"""Cloud SQL instances: creation, update and deletion, as in the provider and Cloud SQL."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from sandbox.providers.bridged.errors import one_error
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.cloud.account import Data
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import autoname
from sandbox.providers.framework.resource import NOTHING, Problem
from sandbox.providers.framework.values import Path, at
from sandbox.providers.gcp import (
    addresses,
    deletion,
    instance_checks,
    instance_schema,
    record,
    requests,
    restore,
    user,
)
from sandbox.providers.gcp.project import Project

NO_CONNECTION = (
    "Error, failed to create instance because the network doesn't have at least 1 private services "
    "connection. Please see https://cloud.google.com/sql/docs/mysql/private-ip#network_requirements"
    " for how to create this connection."
)
_IMPORT_ID = re.compile(r"(?:projects/)?(?:([^/]+)/)?(?:instances/)?([^/]+)")


class Instance(BridgedResource):
    """One PostgreSQL server."""

    type = "gcp:sql/databaseInstance:DatabaseInstance"
    inputs = instance_schema.DECLARATION.inputs
    outputs = instance_schema.DECLARATION.outputs
    computed: ClassVar[frozenset[str]] = instance_schema.DECLARATION.computed
    create_timeout = update_timeout = delete_timeout = 5400

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        was, wanted = at(old, path), at(new, path)
        match path:
            case ("settings", "databaseFlags", *_):  # a set
                return _flags(old) != _flags(new)
            case ("settings", "diskSize") if wanted is not None and was is not None:
                # A disk that has grown by itself is not a change.
                return was < wanted or not at(new, ("settings", "diskAutoresize"))
            case ("settings", "diskType") if wanted and was:
                return was != str(wanted).upper().replace("-", "_")
            case ("settings", "ipConfiguration", "privateNetwork") if wanted and was:
                return _relative(was) != _relative(wanted)
        return super().differs(path, old, new)

    def replaces(self, path: Path, old: Data, new: Data) -> bool:
        was, wanted = at(old, path), at(new, path)
        match path:
            case ("settings", "diskSize"):  # only a shrinking disk that does not grow by itself
                return bool(wanted and was and was > wanted)
            case ("settings", "ipConfiguration", "privateNetwork"):
                return bool(was) and not wanted
        return super().replaces(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        if inputs.get("name") is None:
            inputs["name"] = autoname(op, old.get("name"))
        for key in ("project", "region"):
            if inputs.get(key) is None and op.config.get(key):
                inputs[key] = op.config[key]
        return instance_checks.problems(op, inputs)

    def inputs_of(self, state: Data, old: Data, before: Mapping[str, Any] = NOTHING) -> Data:
        found = super().inputs_of(state, old, before)
        if not old:  # an import gives only what a program can give
            for path in (*instance_schema.NOT_SIMULATED, *instance_schema.ONLY_OUTPUTS):
                *outer, last = path.split(".")
                if within := at(found, tuple(outer)) if outer else found:
                    within.pop(last, None)
        return found

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        project, name = Project.of(op, inputs), inputs["name"]
        network = at(inputs, ("settings", "ipConfiguration", "privateNetwork"))
        data = project.read()
        vpc = addresses.network_name(network or "")
        if vpc in data["networks"] and not addresses.peered(data, vpc):
            raise one_error(NO_CONNECTION)
        doing = f"Error, failed to create instance {name}"
        source = requests.accepted(op, doing, lambda: requests.insert(project, inputs))
        op.status("creating")
        project.create_server(name, inputs.get("rootPassword"), source=source)
        # If this fails, the provider forgets the instance, which remains.
        requests.wait(op, project, name, "Create Instance")
        try:
            if inputs.get("clone") and inputs.get("settings"):
                doing = f"Error, failed to update instance settings for {name}"
                self._update_settings(op, project, name, inputs["settings"], doing)
            restore.run(op, project, name, inputs.get("restoreBackupContext"))
        except Failure as error:
            raise self.unready(op, name, error, self._read(project, name, inputs)) from error
        return name, self._read(project, name, inputs)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """Read the instance; an import may name its project, too."""
        named = _IMPORT_ID.fullmatch(id)
        inputs = {"project": (named and named[1]) or state.get("project")}
        project, name = Project.of(op, inputs), named[2] if named else id
        if name not in project.read()["instances"]:
            return None
        before = state or {"deletionProtection": True, "deletionPolicy": "DELETE"}
        return {**self._read(project, name, before), "id": name}

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        project = Project.of(op, inputs)
        wanted = self.planned(state, inputs)
        if not wanted.get("settings"):
            wanted["settings"] = state["settings"]
        of, before = wanted["settings"], state["settings"]
        if of.get("diskAutoresize") and of["diskSize"] < before["diskSize"]:
            of["diskSize"] = before["diskSize"]
        # The provider forgets the name here.
        patching = "Error, failed to patch instance settings for "
        version = before["version"]
        if inputs["databaseVersion"] != state["databaseVersion"]:
            change = {"databaseVersion": inputs["databaseVersion"]}
            version = self._modify(op, project, id, patching, lambda: change)
        if (password := inputs.get("rootPassword")) and password != state.get("rootPassword"):
            user.put(
                op, project, id, "postgres", password, "Error, failed to update root_password "
            )
        if of["edition"] != before["edition"]:
            keys = ("edition", "tier", "dataCacheConfig")
            patch = {key: of[key] for key in keys if key in of}
            version = self._modify(
                op, project, id, patching, lambda: requests.patch(project, id, patch)
            )
        updating = "Error, failed to update instance settings for "
        self._update_settings(op, project, id, {**of, "version": version}, updating)
        context = inputs.get("restoreBackupContext")
        if context != state.get("restoreBackupContext"):
            restore.run(op, project, id, context)
        return self._read(project, id, {**wanted, "settings": of})

    def _update_settings(
        self, op: Operation, project: Project, name: str, wanted: Data, doing: str
    ) -> None:
        self._modify(op, project, name, doing, lambda: requests.update(project, name, wanted))

    def _modify(
        self, op: Operation, project: Project, name: str, doing: str, change: Callable[[], Data]
    ) -> int:
        """Send a change, wait for it, and return the new version of the settings."""
        requests.accepted(op, doing, lambda: requests.begin(project, name, change()))
        op.status("updating")
        requests.wait(op, project, name, "Update Instance")
        return project.read()["instances"][name]["settings"]["version"]

    def delete(self, op: Operation, id: str, state: Data) -> None:
        deletion.run(op, Project.of(op, state), id, state)

    def _read(self, project: Project, name: str, state: Data) -> Data:
        instance = project.read()["instances"].get(name)
        if instance is None:
            raise one_error(f"SQL Database Instance {name!r} is gone")
        kept = {key: each for key, each in state.items() if each is not None}
        return {**kept, **record.outputs(instance)}


def _flags(inputs: Data) -> set[tuple[str, str]]:
    found = at(inputs, ("settings", "databaseFlags")) or []
    return {(each["name"], each["value"]) for each in found}


def _relative(link: str) -> str:
    return link[link.index("projects/") :] if "projects/" in link else link
