"""Who may connect to the server: the nodes of the cluster, and nobody else."""

import pulumi
import pulumi_aws as aws

from components import connection, guards
from components.aws.arguments import PostgresArgs
from components.aws.cluster import Found

ANOTHER_VPC = "; another network.vpcId or cluster does that, and a server stays in its VPC"


def admit_clients(
    name: str, args: PostgresArgs, found: Found, parent: pulumi.Resource
) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
    """A security group that lets nothing out, and its rules, one for each group of clients."""
    firewall = aws.ec2.SecurityGroup(
        f"{name}-firewall",
        description="PostgreSQL for Coder: only from the nodes of its cluster",
        vpc_id=found.vpc_id,
        revoke_rules_on_delete=True,
        tags=args.labels,
        opts=guards.protected(
            parent, "The server's firewall", protect=args.spec.protect, because=ANOTHER_VPC
        ),
    )
    rules: list[pulumi.Resource] = [
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-from-{client}",
            security_group_id=firewall.id,
            referenced_security_group_id=client,
            ip_protocol="tcp",
            from_port=connection.PORT,
            to_port=connection.PORT,
            description="Nodes of the Kubernetes cluster",
            tags=args.labels,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        for client in found.client_security_group_ids
    ]
    return firewall, rules
