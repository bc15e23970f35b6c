"""RDS subnet groups and parameter groups."""

from collections.abc import Iterable
from typing import Any, ClassVar

from sandbox.providers.aws import parameters, servers
from sandbox.providers.aws.account import Cloud, Data, zones_of
from sandbox.providers.aws.common import (
    DESCRIPTION,
    NAMED,
    Bridged,
    given_name,
    name,
    not_among,
    tags_all,
    unmatched,
)
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.framework.provider import (
    Failure,
    InitFailed,
    Input,
    Inputs,
    Operation,
    Output,
    Outputs,
    Problem,
)
from sandbox.providers.framework.values import Path

FAMILIES = tuple(f"postgres{major}" for major in range(13, 19))


class _Group(Bridged):
    """Something with a name that instances refer to."""

    computed: ClassVar[frozenset[str]] = frozenset(("name", "namePrefix", "region"))
    kind: ClassVar[str]
    noun: ClassVar[str]
    reference: ClassVar[str]
    """The instance's property that refers to it."""
    in_use: ClassVar[tuple[str, str]]
    missing: ClassVar[tuple[str, str]]

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """The group as it is."""
        return Cloud.of(op, state).look()[self.kind].get(id)

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Make it under its name, which is its id."""
        cloud, chosen = Cloud.of(op, inputs), given_name(inputs).lower()
        try:
            with cloud.change() as data:
                self.refuse(data, inputs)
                if chosen in data[self.kind]:
                    code = f"{self.noun.replace(' ', '')}AlreadyExists"
                    raise ApiError(code, f"{self.noun} {chosen} already exists")
                found = data[self.kind][chosen] = self.described(op, cloud, data, chosen, inputs)
        except ApiError as error:
            raise self.failed("creating", chosen, f"Create{self.noun}", error) from None
        return chosen, found

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Change it in place."""
        cloud = Cloud.of(op, inputs)
        try:
            with cloud.change() as data:
                if id not in data[self.kind]:
                    code, message = self.missing
                    raise ApiError(code, message.format(id))
                self.refuse(data, inputs, id)
                found = data[self.kind][id] = self.described(op, cloud, data, id, inputs)
        except ApiError as error:
            raise self.failed("updating", id, f"Modify{self.noun}", error) from None
        return found

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete it, unless an instance has it."""
        try:
            with Cloud.of(op, state).change() as data:
                if self.users(data, id):
                    code, message = self.in_use
                    raise ApiError(code, message.format(id))
                data[self.kind].pop(id, None)
        except ApiError as error:
            raise self.failed("deleting", id, f"Delete{self.noun}", error) from None

    def failed(self, doing: str, id: str, operation: str, error: ApiError) -> Failure:
        """The provider's words for what the API refused."""
        return failure(f"{doing} RDS {self.noun} ({id})", operation.replace(" ", ""), error)

    def users(self, data: Data, id: str) -> list[Data]:
        """The instances that refer to it."""
        return [each for each in data["instances"].values() if each.get(self.reference) == id]

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """Raise what the API says of inputs that it does not take."""
        raise NotImplementedError

    def described(self, op: Operation, cloud: Cloud, data: Data, id: str, inputs: Data) -> Data:
        """The group as it is kept."""
        return {
            **{key: value for key, value in inputs.items() if value is not None},
            "name": id,
            "namePrefix": inputs.get("namePrefix") or "",
            "region": cloud.region,
            "tags": inputs.get("tags") or {},
            "tagsAll": tags_all(op, inputs),
        }


class SubnetGroup(_Group):
    """The subnets that an instance may be in."""

    type = "aws:rds/subnetGroup:SubnetGroup"
    kind = "subnetGroups"
    noun = "DB Subnet Group"
    reference = "dbSubnetGroupName"
    in_use = (
        "InvalidDBSubnetGroupStateFault",
        "Cannot delete the subnet group '{}' because it's in use.",
    )
    missing = ("DBSubnetGroupNotFoundFault", "DB subnet group '{}' does not exist.")
    inputs: ClassVar[Inputs] = {
        "description": Input("string", default=DESCRIPTION),
        **NAMED,
        "subnetIds": Input("list", required=True, items="string"),
    }
    outputs: ClassVar[Outputs] = {
        key: Output() for key in ("arn", "supportedNetworkTypes", "tagsAll", "vpcId")
    }

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        """Subnets are a set."""
        if path[0] == "subnetIds":
            return set(old.get("subnetIds") or []) != set(new.get("subnetIds") or [])
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """A name has lower-case letters, digits, spaces, dots, hyphens and underscores."""
        yield from name(op, inputs, old)
        for key, most in (("name", 255), ("namePrefix", 229)):
            pattern = rf"(?!default$)[ .0-9a-z_-]{{1,{most}}}"
            text = (
                "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces"
            )
            yield from unmatched(op, inputs, key, pattern, text)

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """Subnets must exist, in one VPC, in two zones; one in use must stay."""
        wanted = inputs["subnetIds"]
        if unknown := [each for each in wanted if each not in data["subnets"]]:
            raise ApiError(
                "InvalidSubnet", f"Some input subnets in :[{', '.join(unknown)}] are invalid."
            )
        if len({data["subnets"][each]["vpcId"] for each in wanted}) > 1:
            raise ApiError("InvalidSubnet", "The DB subnet group must be in one VPC.")
        zones = zones_of(data, wanted)
        if len(zones) < 2:
            raise ApiError(
                "DBSubnetGroupDoesNotCoverEnoughAZs",
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
                f"Current AZ coverage: {', '.join(sorted(zones))}. Add subnets to cover at least 2 "
                "AZs.",
            )
        vpc = data["subnets"][wanted[0]]["vpcId"]
        if id and data[self.kind][id]["vpcId"] != vpc:
            raise ApiError(
                "InvalidParameterValue",
                "The new Subnets are not in the same Vpc as the existing subnet group",
            )
        for instance in self.users(data, id):
            if instance["availabilityZone"] not in zones:
                raise ApiError("SubnetAlreadyInUse", "The DB subnet is already in use in the AZ.")

    def described(self, op: Operation, cloud: Cloud, data: Data, id: str, inputs: Data) -> Data:
        """The group as it is kept."""
        return {
            **super().described(op, cloud, data, id, inputs),
            "arn": cloud.arn("rds", f"subgrp:{id}"),
            "supportedNetworkTypes": ["IPV4"],
            "vpcId": data["subnets"][inputs["subnetIds"][0]]["vpcId"],
        }


class ParameterGroup(_Group):
    """PostgreSQL's settings for one major version."""

    type = "aws:rds/parameterGroup:ParameterGroup"
    kind = "parameterGroups"
    noun = "DB Parameter Group"
    reference = "parameterGroupName"
    in_use = (
        "InvalidDBParameterGroupState",
        "One or more database instances are still members of this parameter group {}, so the "
        "group cannot be deleted",
    )
    missing = ("DBParameterGroupNotFound", "DBParameterGroup not found: {}")
    inputs: ClassVar[Inputs] = {
        "description": Input("string", replaces=True, default=DESCRIPTION),
        "family": Input("string", required=True, replaces=True),
        **NAMED,
        "parameters": Input(
            "list",
            fields={
                "applyMethod": Input("string"),
                "name": Input("string", required=True),
                "value": Input("string", required=True),
            },
        ),
        "skipDestroy": Input("boolean"),
    }
    outputs: ClassVar[Outputs] = {"arn": Output(), "tagsAll": Output()}

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        """Parameters are a set, in which another apply method alone is no change."""
        if path[0] == "parameters":
            return _values(old) != _values(new)
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """A name begins with a letter and has single hyphens."""
        yield from name(op, inputs, old)
        pattern = r"(?!.*--)[a-z][a-z0-9.-]{0,254}(?<!-)"
        yield from unmatched(op, inputs, "name", pattern, "a letter, then letters, digits, hyphens")
        for parameter in inputs.get("parameters") or []:
            if isinstance(parameter, dict):
                yield from not_among(op, parameter, "applyMethod", ("immediate", "pending-reboot"))

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Make it empty, then give it parameters; where that fails, it is there all the same."""
        id, found = super().create(op, {**inputs, "parameters": []})
        try:
            return id, self.update(op, id, found, inputs)
        except Failure as error:
            raise InitFailed(id, found, str(error)) from None

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Change it; instances take its dynamic parameters at once, the others when they start."""
        from sandbox.providers.aws import instance_state  # which needs this module

        found = super().update(op, id, state, inputs)
        data = Cloud.of(op, inputs).look()
        for instance in self.users(data, id):
            servers.chosen().configure(instance, instance_state.settings(data, instance))
        return found

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Delete it, or only forget it."""
        if not state.get("skipDestroy"):
            super().delete(op, id, state)

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """The family must exist, and have the parameters."""
        family = inputs["family"]
        if family not in FAMILIES:
            raise ApiError(
                "InvalidParameterValue",
                f"ParameterGroupFamily {family} is not a valid parameter group family",
            )
        before = _values(data[self.kind].get(id, {}))
        for each in inputs.get("parameters") or []:
            name, value = each["name"].lower(), each["value"]
            if before.get(name) != value:
                method = each.get("applyMethod") or "immediate"
                parameters.refuse(int(family.removeprefix("postgres")), name, value, method)

    def described(self, op: Operation, cloud: Cloud, data: Data, id: str, inputs: Data) -> Data:
        """The group as it is kept."""
        common = super().described(op, cloud, data, id, inputs)
        return {"parameters": [], **common, "arn": cloud.arn("rds", f"pg:{id}")}


def settings(data: Data, instance: Data) -> dict[str, str]:
    """PostgreSQL's settings of an instance; RDS's own are not PostgreSQL's."""
    group: dict[str, Any] = data["parameterGroups"].get(
        instance.get("parameterGroupName") or "", {}
    )
    return {key: value for key, value in _values(group).items() if not key.startswith("rds.")}


def _values(inputs: Data) -> dict[str, str]:
    return {each["name"].lower(): each["value"] for each in inputs.get("parameters") or []}
