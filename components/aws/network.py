"""The subnets that RDS may put an instance in, and who may connect to it."""

import dataclasses
from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from components import guards
from components.connection import PORT

ANOTHER_VPC = "; another network.vpcId or cluster does that, and a server stays in its VPC"


@dataclasses.dataclass(frozen=True)
class Subnet:
    """One subnet of the cluster's VPC."""

    identifier: str
    zone: str
    vpc_id: str
    public: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subnets:
    """The subnets to choose from."""

    vpc_id: str
    given: bool
    """Whether the settings name them; then all of them are used."""
    candidates: Mapping[str, Subnet]
    """The subnets of the settings, or without them the cluster's."""
    of_nodes: Mapping[str, Subnet]
    """The subnets of the node groups; used where the cluster has none in the zone."""

    def chosen(self, zone: str) -> tuple[str, ...]:
        """The subnets for the instance: private ones, as long as they leave RDS enough zones."""
        private = [subnet for subnet in self._usable(zone) if not subnet.public]
        enough = len(_zones(private)) > 1 and zone in _zones(private)
        chosen = private if enough and not self.given else self._usable(zone)
        return tuple(sorted(subnet.identifier for subnet in chosen))

    def problems(self, zone: str, live_zone: str) -> Iterator[str]:
        """One line for each reason that RDS would refuse them for a server of `zone`.

        A failover may have moved it to `live_zone`.
        """
        usable = self._usable(zone)
        whose = "those given" if self.given else "the cluster's subnets"
        for subnet in usable:
            if subnet.vpc_id != self.vpc_id:
                yield (
                    f"network.subnetIds: {subnet.identifier} is in {subnet.vpc_id}, must be in "
                    f"{self.vpc_id}, the VPC of the server"
                )
        zones = ", ".join(sorted(_zones(usable))) or "no zone"
        if len(_zones(usable)) < 2:
            yield (
                f"network.subnetIds: {whose} are all in {zones}, must be in two zones or more: RDS "
                "requires it, also for a server in one zone; type `pulumi config set --path "
                "'network.subnetIds[0]' subnet-…` and so on for each"
            )
        if zone and zone not in _zones(usable):
            yield (
                f'zone: is "{zone}", but {whose} are in {zones}; choose one of those, or set '
                "network.subnetIds with a subnet there"
            )
        known = {**self.of_nodes, **self.candidates}
        if live_zone != zone and live_zone not in _zones([known[x] for x in self.chosen(zone)]):
            yield (
                f"network.subnetIds: none is in {live_zone}, where a failover has put the server; "
                "add one that is"
            )

    def _usable(self, zone: str) -> list[Subnet]:
        usable = list(self.candidates.values())
        if not self.given and zone not in _zones(usable):
            usable += [subnet for subnet in self.of_nodes.values() if subnet.zone == zone]
        return usable


def _zones(subnets: list[Subnet]) -> set[str]:
    return {subnet.zone for subnet in subnets}


@dataclasses.dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """Whom a security group admits to PostgreSQL's port."""

    vpc_id: str
    client_security_group_ids: tuple[str, ...]
    labels: Mapping[str, str]
    protect: bool


def admit_clients(
    name: str, args: FirewallArgs, parent: pulumi.Resource
) -> tuple["aws.ec2.SecurityGroup", list[pulumi.Resource]]:
    """A security group without egress, and its rules: one for each group of clients."""
    firewall = aws.ec2.SecurityGroup(
        f"{name}-firewall",
        description="PostgreSQL for Coder: only from the nodes of its cluster",
        vpc_id=args.vpc_id,
        revoke_rules_on_delete=True,
        tags=args.labels,
        opts=guards.protected(
            parent, f"{name}-firewall", protect=args.protect, because=ANOTHER_VPC
        ),
    )
    rules: list[pulumi.Resource] = [
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-{client}",
            security_group_id=firewall.id,
            referenced_security_group_id=client,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            description="Nodes of the Kubernetes cluster",
            tags=args.labels,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for client in args.client_security_group_ids
    ]
    return firewall, rules
