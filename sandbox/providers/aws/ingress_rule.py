"""Ingress rules of EC2 security groups."""

import ipaddress
from collections.abc import Iterable, Iterator

from sandbox.providers.aws.account import Data, ec2_id
from sandbox.providers.aws.errors import ApiError, failure
from sandbox.providers.aws.region import Region
from sandbox.providers.aws.security_group import no_group
from sandbox.providers.aws.tags import tags_all
from sandbox.providers.bridged.checks import matches, problem
from sandbox.providers.bridged.resource import BridgedResource
from sandbox.providers.framework import sdk
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.resource import Problem
from sandbox.providers.framework.values import UNKNOWN, Path

PORTS = (-1, 65535)
PROTOCOLS = r"tcp|udp|icmp|icmpv6|-1|\d{1,2}|1\d\d|2[0-4]\d|25[0-5]"
SOURCES = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


class IngressRule(BridgedResource):
    """An ingress rule: it admits one source to a range of ports."""

    type = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    inputs, outputs, computed = sdk.resource(type, replaces=("region", "securityGroupId"))

    def replaces(self, path: Path, old: Data, new: Data) -> bool:
        """Whether the change replaces the rule: only a different kind of source does."""
        if path[0] in SOURCES:
            return [key for key in SOURCES if old.get(key)] != [
                key for key in SOURCES if new.get(key)
            ]
        return super().replaces(path, old, new)

    def check(self, op: Operation, inputs: Data, old: Data) -> Iterable[Problem]:
        """Require exactly one source, and ports if the protocol has ports."""
        given = [key for key in SOURCES if inputs.get(key) is not None]
        if len(given) != 1:
            names = "cidr_ipv4,cidr_ipv6,prefix_list_id,referenced_security_group_id"
            yield problem(
                op,
                "cidrIpv4",
                "Invalid Attribute Combination. Exactly one of these attributes must be "
                f"configured: [{names}]",
            )
        protocol, rule = inputs["ipProtocol"], "one of tcp, udp, icmp, icmpv6, -1 or a number"
        yield from matches(op, inputs, "ipProtocol", PROTOCOLS, rule)
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
        region, id = Region.of(op, inputs), ec2_id("sgr")
        try:
            with region.transaction() as data:
                self._require(data, inputs)
                data["rules"][id] = {**inputs, "tagsAll": tags_all(op, inputs)}
        except ApiError as error:
            doing = "creating VPC Security Group Rule"
            raise failure(doing, "AuthorizeSecurityGroupIngress", error, "EC2") from None
        return id, self._outputs(op, region, id, inputs)

    def read(self, op: Operation, id: str, state: Data) -> Data | None:
        region = Region.of(op, state)
        found = region.read()["rules"].get(id)
        return {**found, **self._outputs(op, region, id, found)} if found else None

    def update(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Update the rule; if that fails, the state stays: its provider is not Terraform's SDK.

        https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/pf/tfbridge/provider_update.go
        """
        return self.modify(op, id, state, inputs)

    def modify(self, op: Operation, id: str, state: Data, inputs: Data) -> Data:
        """Change the source to another one of the same kind, or change the ports."""
        region = Region.of(op, inputs)
        try:
            with region.transaction() as data:
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
        return self._outputs(op, region, id, inputs)

    def delete(self, op: Operation, id: str, state: Data) -> None:
        with Region.of(op, state).transaction() as data:
            data["rules"].pop(id, None)

    def _require(self, data: Data, inputs: Data) -> None:
        for key in ("securityGroupId", "referencedSecurityGroupId"):
            group = inputs.get(key)
            if group and group not in data["securityGroups"]:
                raise no_group(group)
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

    def _outputs(self, op: Operation, region: Region, id: str, inputs: Data) -> Data:
        return {
            "arn": region.arn("ec2", f"security-group-rule/{id}"),
            "region": region.scope,
            "securityGroupRuleId": id,
            "tags": inputs.get("tags") or {},
            "tagsAll": tags_all(op, inputs),
        }
