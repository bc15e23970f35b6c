"""Who may connect to an RDS instance."""

import dataclasses
from collections.abc import Iterable, Mapping

import pulumi
import pulumi_aws as aws

from components import guards
from components.aws.discovery import Placement
from components.connection import PORT
from components.server.settings import ServerSettings

ANOTHER_VPC = "; another network.vpcId or cluster does that, and a server stays in its VPC"


@dataclasses.dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    """Whom a security group admits to PostgreSQL's port."""

    vpc_id: str
    client_security_group_ids: tuple[str, ...]
    labels: Mapping[str, str]
    protect: bool


def firewall_args(server: ServerSettings, found: Placement) -> FirewallArgs:
    """The firewall of the stack's instance."""
    return FirewallArgs(
        vpc_id=found.vpc_id,
        client_security_group_ids=found.client_security_group_ids,
        labels=server.labels,
        protect=server.spec.protect,
    )


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


def firewall_rule(client_security_group_ids: Iterable[str]) -> str:
    """Who may connect, in words."""
    return (
        f"only nodes with security group {' or '.join(client_security_group_ids)} may connect; if "
        "they have others, set network.clientSecurityGroupIds"
    )
