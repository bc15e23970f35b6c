"""RDS parameter groups."""

from collections.abc import Iterable

from sandbox.providers.aws import parameters
from sandbox.providers.aws.account import Data
from sandbox.providers.aws.errors import ApiError
from sandbox.providers.aws.group import DESCRIPTION, Group
from sandbox.providers.aws.region import Region
from sandbox.providers.bridged.checks import matches, one_of
from sandbox.providers.bridged.naming import fill_name
from sandbox.providers.framework import sdk
from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path

FAMILIES = tuple(f"postgres{major}" for major in range(13, 19))


class ParameterGroup(Group):
    """Parameters of PostgreSQL for one major version."""

    type = "aws:rds/parameterGroup:ParameterGroup"
    kind = "parameterGroups"
    noun = "DB Parameter Group"
    modifying = "modifying"
    reference = "parameterGroupName"
    in_use = (
        "InvalidDBParameterGroupState",
        "One or more database instances are still members of this parameter group {}, so the "
        "group cannot be deleted",
    )
    missing = ("DBParameterGroupNotFound", "DBParameterGroup not found: {}")
    inputs, outputs, computed = sdk.resource(
        type,
        replaces=("description", "family", "name", "namePrefix", "region"),
        defaults={"description": DESCRIPTION},
    )

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path[0] == "parameters":  # a set; a different apply method alone is not a change
            return parameters.values(old) != parameters.values(new)
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        yield from fill_name(op, inputs, old)
        pattern = r"(?!.*--)[a-z][a-z0-9.-]{0,254}(?<!-)"
        yield from matches(op, inputs, "name", pattern, "a letter, then letters, digits, hyphens")
        for parameter in inputs.get("parameters") or []:
            if isinstance(parameter, dict):
                yield from one_of(op, parameter, "applyMethod", ("immediate", "pending-reboot"))

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Create the group, then set its parameters; if RDS refuses, an empty group remains."""
        id, found = super().create(op, {**inputs, "parameters": []})
        try:
            return id, self.modify(op, id, found, inputs)
        except Failure as error:
            raise self.unready(op, id, error, {"arn": found["arn"]}) from None

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Change the group; dynamic parameters apply at once, static ones at the next restart."""
        found = super().modify(op, id, state, inputs)
        region = Region.of(op, inputs)
        data = region.read()
        for instance in self.users(data, id):
            region.servers.configure(region.server(data, instance))
        return found

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete the group, unless `skipDestroy` is set."""
        if not state.get("skipDestroy"):
            super().delete(op, id, state)

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """Refuse an unknown family, and parameters that it does not have."""
        family = inputs["family"]
        if family not in FAMILIES:
            raise ApiError(
                "InvalidParameterValue",
                f"ParameterGroupFamily {family} is not a valid parameter group family",
            )
        before = parameters.values(data[self.kind].get(id, {}))
        for each in inputs.get("parameters") or []:
            name, value = each["name"].lower(), each["value"]
            if before.get(name) != value:
                method = each.get("applyMethod") or "immediate"
                parameters.refuse(int(family.removeprefix("postgres")), name, value, method)

    def described(self, op: Operation, region: Region, data: Data, id: str, inputs: Data) -> Data:
        common = super().described(op, region, data, id, inputs)
        return {"parameters": [], **common, "arn": region.arn("rds", f"pg:{id}")}
