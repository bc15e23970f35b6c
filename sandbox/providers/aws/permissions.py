"""The IAM permissions that the provider's requests need.

The requests are those of the Terraform provider (github.com/hashicorp/terraform-provider-aws,
internal/service), the resources and condition keys those of the Service Authorization Reference:
docs.aws.amazon.com/service-authorization/latest/reference/list_rds.html, list_amazonec2.html,
list_amazoncloudwatchlogs.html, list_amazonelastickubernetesservice.html. Not tried on AWS.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.providers.aws.account import ACCOUNT, arn
from sandbox.providers.bridged.naming import chosen_name
from sandbox.providers.framework.requests import READS, Permission, Request

LOOKUPS: Mapping[str, tuple[str, ...]] = {
    "aws:eks/getCluster:getCluster": ("eks:DescribeCluster",),
    "aws:eks/getNodeGroups:getNodeGroups": ("eks:ListNodegroups",),
    "aws:eks/getNodeGroup:getNodeGroup": ("eks:DescribeNodegroup",),
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": (
        "ec2:DescribeLaunchTemplates",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    "aws:ec2/getRouteTable:getRouteTable": ("ec2:DescribeRouteTables",),
    "aws:ec2/getSubnet:getSubnet": ("ec2:DescribeSubnets",),
    "aws:rds/getEngineVersion:getEngineVersion": ("rds:DescribeDBEngineVersions",),
    "aws:rds/getOrderableDbInstance:getOrderableDbInstance": (
        "rds:DescribeOrderableDBInstanceOptions",
    ),
    "aws:rds/getSubnetGroup:getSubnetGroup": ("rds:DescribeDBSubnetGroups",),
    "aws:rds/getInstances:getInstances": ("rds:DescribeDBInstances",),
    "aws:rds/getInstance:getInstance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
    "aws:rds/getSnapshot:getSnapshot": ("rds:DescribeDBSnapshots", "rds:ListTagsForResource"),
}
"""The actions of each function; all but those of EKS are granted on all resources."""
TO_READ: Mapping[str, tuple[str, ...]] = {
    "aws:rds/instance:Instance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
    "aws:rds/subnetGroup:SubnetGroup": ("rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"),
    "aws:rds/parameterGroup:ParameterGroup": (
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters",
        "rds:ListTagsForResource",
    ),
    "aws:ec2/securityGroup:SecurityGroup": ("ec2:DescribeSecurityGroups",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "ec2:DescribeSecurityGroupRules",
    ),
    "aws:cloudwatch/logGroup:LogGroup": ("logs:DescribeLogGroups", "logs:ListTagsForResource"),
}
"""The actions with which a resource is read, also after each change of it."""


def needed(request: Request) -> Iterator[Permission]:
    """What an operation needs."""
    if request.kind == "look-up":
        for action in LOOKUPS[request.type]:
            yield Permission(action, _cluster(request) if action.startswith("eks:") else "*")
        return
    yield from (Permission(action) for action in TO_READ[request.type])
    if request.kind not in READS:
        yield from CHANGES[request.type](request)


def _cluster(request: Request) -> str:
    given = request.inputs
    if node_group := given.get("nodeGroupName"):
        # The last part is an ID that only EKS knows.
        return _arn(request, "eks", f"nodegroup/{given['clusterName']}/{node_group}/0")
    return _arn(request, "eks", f"cluster/{given.get('clusterName') or given['name']}")


def _arn(request: Request, service: str, name: str) -> str:
    region = request.inputs.get("region") or request.state.get("region")
    return arn(region or request.config["region"], service, name)


def _value(request: Request, key: str) -> Any:
    return request.inputs.get(key) or request.state.get(key)


def _tags(request: Request, of: str, adds: str, removes: str) -> Iterator[Permission]:
    """What changes of tags need; a request that creates a resource has its tags."""
    was, now = request.state.get("tags") or {}, request.inputs.get("tags") or {}
    if request.kind == "create" or (request.kind == "update" and now.items() - was.items()):
        yield Permission(adds, of)
    if request.kind == "update" and was.keys() - now.keys():
        yield Permission(removes, of)


def _rds_tags(request: Request, of: str) -> Iterator[Permission]:
    return _tags(request, of, "rds:AddTagsToResource", "rds:RemoveTagsFromResource")


def _instance(request: Request) -> Iterator[Permission]:
    server = _arn(request, "rds", f"db:{_value(request, 'identifier')}")
    engine = str(_value(request, "engineVersion") or "")
    options = _arn(request, "rds", f"og:default:postgres-{engine.partition('.')[0]}")
    parameters = _arn(request, "rds", f"pg:{_value(request, 'parameterGroupName')}")
    subnets = _arn(request, "rds", f"subgrp:{_value(request, 'dbSubnetGroupName')}")
    changed = {
        key for key in request.inputs if request.inputs.get(key) != request.state.get(key)
    } - {"tags", "tagsAll"}
    if request.kind == "create":
        # The first instance of an account makes RDS's role in it:
        # docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html
        yield Permission(
            "iam:CreateServiceLinkedRole",
            f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            {"iam:AWSServiceName": "rds.amazonaws.com"},
        )
        action, sources = _creation(request)
        for of in (server, *sources, options, parameters, subnets):
            yield Permission(action, of)
        if request.inputs.get("snapshotIdentifier"):  # for what a restore does not take
            yield Permission("rds:ModifyDBInstance", server)
        yield from _key(request)
    if request.kind == "update" and changed:
        for of in (server, options, parameters):
            yield Permission("rds:ModifyDBInstance", of)
    if request.kind == "delete":
        yield Permission("rds:DeleteDBInstance", server)
        if not request.state.get("skipFinalSnapshot"):
            last = _arn(request, "rds", f"snapshot:{request.state.get('finalSnapshotIdentifier')}")
            yield from (Permission("rds:CreateDBSnapshot", of) for of in (server, last))
            yield Permission("rds:AddTagsToResource", last)  # copyTagsToSnapshot
    yield from _rds_tags(request, server)


def _creation(request: Request) -> tuple[str, tuple[str, ...]]:
    """The action that creates an instance, and what it restores."""
    if snapshot := request.inputs.get("snapshotIdentifier"):
        named = snapshot.startswith("arn:")
        found = snapshot if named else _arn(request, "rds", f"snapshot:{snapshot}")
        return "rds:RestoreDBInstanceFromDBSnapshot", (found,)
    if moment := request.inputs.get("restoreToPointInTime"):
        of = _arn(request, "rds", f"db:{moment['sourceDbInstanceIdentifier']}")
        return "rds:RestoreDBInstanceToPointInTime", (of,)
    return "rds:CreateDBInstance", ()


def _key(request: Request) -> Iterator[Permission]:
    """What a key of the customer's needs, which RDS uses in the caller's name.

    docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
    """
    key = request.inputs.get("kmsKeyId")
    if not key:
        return
    via = {"kms:ViaService": f"rds.{key.split(':')[3]}.amazonaws.com"}
    yield Permission("kms:DescribeKey", key, via)
    yield Permission("kms:CreateGrant", key, via | {"kms:GrantIsForAWSResource": "true"})


def _group(noun: str, kind: str) -> Callable[[Request], Iterator[Permission]]:
    def needed(request: Request) -> Iterator[Permission]:
        group = _arn(request, "rds", f"{kind}:{_name(request)}")
        changed = any(
            request.inputs.get(key) != request.state.get(key) for key in ("parameters", "subnetIds")
        )
        if request.kind != "update":
            yield Permission(f"rds:{request.kind.capitalize()}{noun}", group)
        if (request.kind == "update" and changed) or request.inputs.get("parameters"):
            yield Permission(f"rds:Modify{noun}", group)
        if request.kind == "update" and _parameters(request.state) - _parameters(request.inputs):
            yield Permission(f"rds:Reset{noun}", group)
        yield from _rds_tags(request, group)

    return needed


def _parameters(values: Mapping[str, Any]) -> set[str]:
    return {each["name"] for each in values.get("parameters") or []}


def _name(request: Request) -> str:
    return request.state.get("name") or chosen_name(dict(request.inputs))


def _security_group(request: Request) -> Iterator[Permission]:
    group = _arn(request, "ec2", "security-group/sg-0")
    if request.kind == "create":
        network = _arn(request, "ec2", f"vpc/{request.inputs.get('vpcId')}")
        yield from (Permission("ec2:CreateSecurityGroup", of) for of in (group, network))
        yield Permission("ec2:RevokeSecurityGroupEgress", group)  # EC2's default rule
    if request.kind == "delete":
        # The provider looks for interfaces that services have left in the group, and with
        # revokeRulesOnDelete for the rules that refer to it.
        yield Permission("ec2:DescribeNetworkInterfaces")
        yield Permission("ec2:DescribeSecurityGroupRules")
        yield Permission("ec2:RevokeSecurityGroupIngress", group)
        yield Permission("ec2:RevokeSecurityGroupEgress", group)
        yield Permission("ec2:DeleteSecurityGroup", group)
    yield from _tags(request, group, "ec2:CreateTags", "ec2:DeleteTags")


def _ingress_rule(request: Request) -> Iterator[Permission]:
    group, rule = (
        _arn(request, "ec2", name) for name in ("security-group/sg-0", "security-group-rule/sgr-0")
    )
    if request.kind == "create":
        yield from (Permission("ec2:AuthorizeSecurityGroupIngress", of) for of in (group, rule))
    if request.kind == "update":
        yield from (Permission("ec2:ModifySecurityGroupRules", of) for of in (group, rule))
    if request.kind == "delete":
        yield Permission("ec2:RevokeSecurityGroupIngress", group)
    yield from _tags(request, rule, "ec2:CreateTags", "ec2:DeleteTags")


def _log_group(request: Request) -> Iterator[Permission]:
    group = _arn(request, "logs", f"log-group:{_name(request)}")
    if request.kind == "delete":
        yield Permission("logs:DeleteLogGroup", group)
        return
    if request.kind == "create":
        yield Permission("logs:CreateLogGroup", group)
    days = request.inputs.get("retentionInDays")
    if days != request.state.get("retentionInDays"):
        yield Permission(f"logs:{'Put' if days else 'Delete'}RetentionPolicy", group)
    yield from _tags(request, group, "logs:TagResource", "logs:UntagResource")


CHANGES: Mapping[str, Callable[[Request], Iterator[Permission]]] = {
    "aws:rds/instance:Instance": _instance,
    "aws:rds/subnetGroup:SubnetGroup": _group("DBSubnetGroup", "subgrp"),
    "aws:rds/parameterGroup:ParameterGroup": _group("DBParameterGroup", "pg"),
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ingress_rule,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
}
"""What creating, updating and deleting a resource needs."""
