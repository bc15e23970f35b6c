"""EC2 security groups and their rules."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from sandbox.providers.aws.account import ACCOUNT, Cloud, Data, identifier
from sandbox.providers.aws.common import (
    DESCRIPTION,
    NAMED,
    REGION,
    TAGS,
    Bridged,
    given_name,
    name,
    problem,
    tags_all,
    unmatched,
)
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.framework.provider import (
    UNKNOWN,
    Input,
    Inputs,
    Operation,
    Output,
    Outputs,
    Problem,
)
from sandbox.providers.framework.values import Path

PORTS = (-1, 65535)
PROTOCOLS = re.compile(r"tcp|udp|icmp|icmpv6|-1|\d{1,2}|1\d\d|2[0-4]\d|25[0-5]")
SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
CHARACTERS = r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}"


class SecurityGroup(Bridged):
    """A group without rules; inline rules are not simulated."""

    type = "aws:ec2/securityGroup:SecurityGroup"
    computed: ClassVar[frozenset[str]] = frozenset(
        ("egress", "ingress", "name", "namePrefix", "region", "vpcId")
    )
    inputs: ClassVar[Inputs] = {
        "description": Input("string", replaces=True, default=DESCRIPTION),
        "egress": Input("list"),
        "ingress": Input("list"),
        **NAMED,
        "revokeRulesOnDelete": Input("boolean"),
        "vpcId": Input("string", replaces=True),
    }
    outputs: ClassVar[Outputs] = {"arn": Output(), "ownerId": Output(), "tagsAll": Output()}
    delete_timeout = 900

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """Names and descriptions have EC2's characters; rules are resources of their own."""
        yield from name(op, inputs, old)
        yield from unmatched(op, inputs, "description", CHARACTERS, "0 to 255 of EC2's characters")
        for key, most in (("name", 255), ("namePrefix", 229)):
            pattern = rf"(?!sg-).{{1,{most}}}"
            yield from unmatched(
                op, inputs, key, pattern, f"1 to {most} characters that must not begin with sg-"
            )
        for key in ("ingress", "egress"):
            if inputs.get(key):
                yield problem(op, key, f"the simulated AWS takes no inline {key} rules")

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Make it; the default rule that lets everything out is revoked."""
        cloud, id, chosen = Cloud.of(op, inputs), identifier("sg"), given_name(inputs)
        try:
            with cloud.change() as data:
                self._require(data, inputs.get("vpcId"), chosen)
                group = {**inputs, "name": chosen, "tagsAll": tags_all(op, inputs)}
                data["securityGroups"][id] = group
        except ApiError as error:
            doing = f"creating Security Group ({chosen})"
            raise failure(doing, "CreateSecurityGroup", error, "EC2") from None
        return id, self._outputs(cloud, id, group)

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
        """The group as it is."""
        cloud = Cloud.of(op, state)
        found = cloud.look()["securityGroups"].get(id)
        return {**found, **self._outputs(cloud, id, found)} if found else None

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Only tags can change, and what the deletion does."""
        cloud = Cloud.of(op, inputs)
        try:
            with cloud.change() as data:
                group = data["securityGroups"].get(id)
                if group is None:
                    raise _no_group(id)
                group |= {**inputs, "name": group["name"], "tagsAll": tags_all(op, inputs)}
        except ApiError as error:
            doing = f"updating Security Group ({id}) tags"
            raise failure(doing, "CreateTags", error, "EC2") from None
        return self._outputs(cloud, id, group)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Wait, as the provider does, until nothing refers to the group."""
        cloud = Cloud.of(op, state)
        while True:
            with cloud.change() as data:
                if not _users(data, id):
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

    def _outputs(self, cloud: Cloud, id: str, group: Data) -> Data:
        return {
            "arn": cloud.arn("ec2", f"security-group/{id}"),
            "ownerId": ACCOUNT,
            "name": group["name"],
            "namePrefix": group.get("namePrefix") or "",
            "region": cloud.region,
            "tags": group.get("tags") or {},
            "tagsAll": group["tagsAll"],
            "ingress": [],
            "egress": [],
        }


class IngressRule(Bridged):
    """Admits one source to a range of ports."""

    type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    computed: ClassVar[frozenset[str]] = frozenset(("region",))
    inputs: ClassVar[Inputs] = {
        **{source: Input("string") for source in SOURCES},
        "description": Input("string"),
        "fromPort": Input("integer"),
        "ipProtocol": Input("string", required=True),
        "region": REGION,
        "securityGroupId": Input("string", required=True, replaces=True),
        "tags": TAGS,
        "toPort": Input("integer"),
    }
    outputs: ClassVar[Outputs] = {
        "arn": Output(),
        "securityGroupRuleId": Output(),
        "tagsAll": Output(),
    }

    def replaces(self, path: Path, old: Data, new: Data) -> bool:
        """Another kind of source makes another rule; another value of it does not."""
        if path[0] in SOURCES:
            return [key for key in SOURCES if old.get(key)] != [
                key for key in SOURCES if new.get(key)
            ]
        return super().replaces(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """Exactly one source, and ports where the protocol has them."""
        given = [key for key in SOURCES if inputs.get(key) is not None]
        if len(given) != 1:
            names = "cidr_ipv4,cidr_ipv6,prefix_list_id,referenced_security_group_id"
            yield problem(
                op,
                "cidrIpv4",
                "Invalid Attribute Combination. Exactly one of these attributes must be "
                f"configured: [{names}]",
            )
        protocol, words = inputs["ipProtocol"], "one of tcp, udp, icmp, icmpv6, -1 or a number"
        yield from unmatched(op, inputs, "ipProtocol", PROTOCOLS.pattern, words)
        for key, version in (("cidrIpv4", 4), ("cidrIpv6", 6)):
            yield from self._no_network(op, inputs, key, version)
        ports = [inputs.get(key) for key in ("fromPort", "toPort")]
        if protocol == "-1" and any(port is not None for port in ports):
            yield problem(op, "fromPort", "ip_protocol -1 takes no from_port and no to_port")
        if protocol in ("tcp", "udp") and None in ports:
            yield problem(op, "fromPort", "from_port and to_port must be given for tcp and udp")
        for port in ports:
            if isinstance(port, int) and not PORTS[0] <= port <= PORTS[1]:
                yield problem(op, "fromPort", f"a port must be between -1 and 65535, got {port}")

    def _no_network(self, op: Operation, inputs: Data, key: str, version: int) -> Iterator[Problem]:
        value = inputs.get(key)
        if value is None or value == UNKNOWN:
            return
        try:
            if ipaddress.ip_network(value).version != version:
                raise ValueError(f"no IPv{version}")
        except ValueError as error:
            text = f'"{value}" is not a valid IPv{version} CIDR block: {error}'
            yield problem(op, key, f"Invalid String Value. {text}")

    def create(self, op: Operation, inputs: Data) -> tuple[str, Data]:
        """Admit the source."""
        cloud, id = Cloud.of(op, inputs), identifier("sgr")
        try:
            with cloud.change() as data:
                self._require(data, inputs)
                data["rules"][id] = {**inputs, "tagsAll": tags_all(op, inputs)}
        except ApiError as error:
            doing = "creating VPC Security Group Rule"
            raise failure(doing, "AuthorizeSecurityGroupIngress", error, "EC2") from None
        return id, self._outputs(op, cloud, id, inputs)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        """The rule as it is."""
        cloud = Cloud.of(op, state)
        found = cloud.look()["rules"].get(id)
        return {**found, **self._outputs(op, cloud, id, found)} if found else None

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Admit another source of the same kind, or to other ports."""
        cloud = Cloud.of(op, inputs)
        try:
            with cloud.change() as data:
                if data["rules"].pop(id, None) is None:
                    raise ApiError(
                        "InvalidSecurityGroupRuleId.NotFound",
                        f"The security group rule ID '{id}' does not exist",
                    )
                self._require(data, inputs)
                data["rules"][id] = {**inputs, "tagsAll": tags_all(op, inputs)}
        except ApiError as error:
            doing = f"updating VPC Security Group Rule ({id})"
            raise failure(doing, "ModifySecurityGroupRules", error, "EC2") from None
        return self._outputs(op, cloud, id, inputs)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        """Admit the source no longer."""
        with Cloud.of(op, state).change() as data:
            data["rules"].pop(id, None)

    def _require(self, data: Data, inputs: Data) -> None:
        for key in ("securityGroupId", "referencedSecurityGroupId"):
            group = inputs.get(key)
            if group and group not in data["securityGroups"]:
                raise _no_group(group)
        first, last = inputs.get("fromPort") or 0, inputs.get("toPort") or 0
        if inputs["ipProtocol"] in ("tcp", "udp") and not 0 <= first <= last:
            raise ApiError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
        said = ("securityGroupId", "ipProtocol", "fromPort", "toPort", *SOURCES)
        for rule in data["rules"].values():
            if all(rule.get(key) == inputs.get(key) for key in said):
                raise ApiError(
                    "InvalidPermission.Duplicate",
                    f'the specified rule "peer: {inputs.get("referencedSecurityGroupId")}, '
                    f"{inputs['ipProtocol']}, from port: {inputs.get('fromPort')}, to port: "
                    f'{inputs.get("toPort")}, ALLOW" already exists',
                )

    def _outputs(self, op: Operation, cloud: Cloud, id: str, inputs: Data) -> Data:
        return {
            "arn": cloud.arn("ec2", f"security-group-rule/{id}"),
            "region": cloud.region,
            "securityGroupRuleId": id,
            "tags": inputs.get("tags") or {},
            "tagsAll": tags_all(op, inputs),
        }


def _no_group(id: str) -> ApiError:
    return ApiError("InvalidGroup.NotFound", f"The security group '{id}' does not exist")


def _users(data: Data, id: str) -> bool:
    instances = any(id in each["vpcSecurityGroupIds"] for each in data["instances"].values())
    return instances or any(
        each.get("referencedSecurityGroupId") == id and each["securityGroupId"] != id
        for each in data["rules"].values()
    )
