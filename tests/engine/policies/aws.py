"""RDS instances that break the rules; nothing of them is ever made."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from tests.engine.policies.unsimulated import Unsimulated

Unsimulated(
    "aws:ec2/securityGroup:SecurityGroup",
    "bad-group",
    {"ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["10.0.0.0/8"]}]},
)

group = aws.ec2.SecurityGroup("group", vpc_id="vpc-1", revoke_rules_on_delete=True)
aws.vpc.SecurityGroupIngressRule(
    "bad-rule",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=5432,
    to_port=5432,
    cidr_ipv4="0.0.0.0/0",
)
aws.vpc.SecurityGroupIngressRule(
    "good-rule",
    security_group_id=group.id,
    ip_protocol="tcp",
    from_port=5432,
    to_port=5432,
    referenced_security_group_id="sg-nodes",
)
aws.rds.ParameterGroup(
    "bad-parameters",
    family="postgres17",
    parameters=[{"name": "rds.force_ssl", "value": "0", "apply_method": "immediate"}],
)
aws.rds.Instance(
    "bad-server",
    engine="postgres",
    engine_version="13",
    instance_class="db.t4g.small",
    allocated_storage=20,
    username="coder",
    password=pulumi.Output.secret("not-a-real-password"),
    availability_zone="us-east-1b",
    publicly_accessible=True,
    backup_retention_period=1,
    skip_final_snapshot=True,
    opts=pulumi.ResourceOptions(protect=True),
)
aws.rds.Instance(
    "bad-unprotected",
    engine="postgres",
    engine_version="17.6",
    instance_class="db.t4g.small",
    allocated_storage=20,
    username="coder",
    password=pulumi.Output.secret("not-a-real-password"),
    availability_zone="us-east-1a",
    storage_encrypted=True,
    vpc_security_group_ids=[group.id],
    backup_retention_period=7,
    delete_automated_backups=False,
    final_snapshot_identifier="final",
)
kubernetes.helm.v3.Release(
    "coder",
    chart="coder",
    version="2.38.8",
    repository_opts={"repo": pulumi.Config().require("charts")},
    values={"coder": {"nodeSelector": {"topology.kubernetes.io/zone": "us-east-1a"}}},
    opts=pulumi.ResourceOptions(
        provider=kubernetes.Provider("cluster", kubeconfig=pulumi.Config().require("kubeconfig"))
    ),
)
