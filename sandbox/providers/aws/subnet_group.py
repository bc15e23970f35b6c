"""RDS subnet groups."""

from collections.abc import Iterable

from sandbox.providers.aws.account import Data, zones_of
from sandbox.providers.aws.errors import ApiError
from sandbox.providers.aws.group import DESCRIPTION, Group
from sandbox.providers.aws.region import Region
from sandbox.providers.bridged.checks import matches
from sandbox.providers.bridged.naming import fill_name
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import Path


class SubnetGroup(Group):
    """A DB subnet group: the subnets in which an instance may be placed."""

    type = "aws:rds/subnetGroup:SubnetGroup"
    kind = "subnetGroups"
    noun = "DB Subnet Group"
    reference = "dbSubnetGroupName"
    in_use = (
        "InvalidDBSubnetGroupStateFault",
        "Cannot delete the subnet group '{}' because it's in use.",
    )
    missing = ("DBSubnetGroupNotFoundFault", "DB subnet group '{}' does not exist.")
    inputs, outputs, computed = sdk.resource(
        type, replaces=("name", "namePrefix", "region"), defaults={"description": DESCRIPTION}
    )

    def differs(self, path: Path, old: Data, new: Data) -> bool:
        if path[0] == "subnetIds":  # a set
            return set(old.get("subnetIds") or []) != set(new.get("subnetIds") or [])
        return super().differs(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        yield from fill_name(op, inputs, old)
        for key, most in (("name", 255), ("namePrefix", 229)):
            pattern = rf"(?!default$)[ .0-9a-z_-]{{1,{most}}}"
            text = (
                "only lowercase alphanumeric characters, hyphens, underscores, periods, and spaces"
            )
            yield from matches(op, inputs, key, pattern, text)

    def refuse(self, data: Data, inputs: Data, id: str = "") -> None:
        """Refuse unknown subnets, several VPCs, a single zone, and removing a subnet in use."""
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

    def described(self, op: Operation, region: Region, data: Data, id: str, inputs: Data) -> Data:
        return {
            **super().described(op, region, data, id, inputs),
            "arn": region.arn("rds", f"subgrp:{id}"),
            "supportedNetworkTypes": ["IPV4"],
            "vpcId": data["subnets"][inputs["subnetIds"][0]]["vpcId"],
        }
