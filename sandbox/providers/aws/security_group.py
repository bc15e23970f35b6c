"""EC2 security groups."""

from collections.abc import Iterable

from sandbox.providers.aws.account import ACCOUNT, Data, ec2_id
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.aws.group import DESCRIPTION
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.tags import tags_all
from sandbox.providers.bridged.checks import matches, problem
from sandbox.providers.bridged.naming import chosen_name, fill_name
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem

CHARACTERS = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"


class SecurityGroup(BridgedResource):
    """A security group; its rules are separate resources, inline rules are not simulated."""

    type = "aws:ec2/securityGroup:SecurityGroup"
    inputs, outputs, computed = sdk.resource(
        type,
        replaces=("description", "name", "namePrefix", "region", "vpcId"),
        defaults={"description": DESCRIPTION},
    )
    delete_timeout = 900

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        yield from fill_name(op, inputs, old)
        yield from matches(op, inputs, "description", CHARACTERS, "0 to 255 of EC2's characters")
        for key, most in (("name", 255), ("namePrefix", 229)):
            pattern = rf"(?!sg-).{{1,{most}}}"
            yield from matches(
                op, inputs, key, pattern, f"1 to {most} characters that must not begin with sg-"
            )
        for key in ("ingress", "egress"):
            if inputs.get(key):
                yield problem(op, key, f"not simulated: inline {key} rules are an error")

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        region, id, chosen = Region.of(op, inputs), ec2_id("sg"), chosen_name(inputs)
        try:
            with region.transaction() as data:
                self._require(data, inputs.get("vpcId"), chosen)
                group = {**inputs, "name": chosen, "tagsAll": tags_all(op, inputs)}
                data["securityGroups"][id] = group
        except ApiError as error:
            doing = f"creating Security Group ({chosen})"
            raise failure(doing, "CreateSecurityGroup", error, "EC2") from None
        return id, self._outputs(region, id, group)

    def _require(self, data: Data, vpc: str | None, name: str) -> None:
        if not vpc or vpc not in {each["vpcId"] for each in data["subnets"].values()}:
            raise ApiError("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
        groups = data["securityGroups"].values()
        if any(each["vpcId"] == vpc and each["name"] == name for each in groups):
            raise ApiError(
                "InvalidGroup.Duplicate",
                f"The security group '{name}' already exists for VPC '{vpc}'",
            )

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        region = Region.of(op, state)
        found = region.read()["securityGroups"].get(id)
        return {**found, **self._outputs(region, id, found)} if found else None

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Change the tags and the options for the deletion."""
        region = Region.of(op, inputs)
        try:
            with region.transaction() as data:
                group = data["securityGroups"].get(id)
                if group is None:
                    raise no_group(id)
                group |= {**inputs, "name": group["name"], "tagsAll": tags_all(op, inputs)}
        except ApiError as error:
            doing = f"updating Security Group ({id}) tags"
            raise failure(doing, "CreateTags", error, "EC2") from None
        return self._outputs(region, id, group)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Wait, as the provider does, until nothing refers to the group; then delete it."""
        region = Region.of(op, state)
        while True:
            with region.transaction() as data:
                if not _in_use(data, id):
                    data["securityGroups"].pop(id, None)
                    for rule in [
                        key for key, each in data["rules"].items() if each["securityGroupId"] == id
                    ]:
                        del data["rules"][rule]
                    return
            if op.remaining < 2:
                error = ApiError("DependencyViolation", f"resource {id} has a dependent object")
                raise failure(
                    f"deleting Security Group ({id})", "DeleteSecurityGroup", error, "EC2"
                )
            op.status(f"{id} is still in use")
            op.sleep(1)

    def _outputs(self, region: Region, id: str, group: Data) -> Data:
        return {
            "arn": region.arn("ec2", f"security-group/{id}"),
            "ownerId": ACCOUNT,
            "name": group["name"],
            "namePrefix": group.get("namePrefix") or "",
            "region": region.scope,
            "tags": group.get("tags") or {},
            "tagsAll": group["tagsAll"],
            "ingress": [],
            "egress": [],
        }


def no_group(id: str) -> ApiError:
    """The API's error for an unknown group."""
    return ApiError("InvalidGroup.NotFound", f"The security group '{id}' does not exist")


def _in_use(data: Data, id: str) -> bool:
    instances = any(id in each["vpcSecurityGroupIds"] for each in data["instances"].values())
    return instances or any(
        each.get("referencedSecurityGroupId") == id and each["securityGroupId"] != id
        for each in data["rules"].values()
    )
