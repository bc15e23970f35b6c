"""The simulated AWS account: its IDs and its initial content."""

import secrets
import string
from collections.abc import Iterable

from sandbox.cluster.topology import REGION
from sandbox.machine import network
from sandbox.providers.cloud.account import Data

ACCOUNT = "123456789012"
VPC = "vpc-0a1b2c3d4e5f67890"
NODES_GROUP = "sg-0c1a5738000000001"
ZONES = ("a", "b", "c")

KINDS = (
    "clusters",
    "subnets",
    "securityGroups",
    "rules",
    "subnetGroups",
    "parameterGroups",
    "routeTables",
    "launchTemplates",
    "logGroups",
    "instances",
    "snapshots",
)


def arn(region: str, service: str, name: str) -> str:
    """The Amazon Resource Name of a resource in the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{name}"


def ec2_id(prefix: str) -> str:
    """A new ID in the format of EC2."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def rds_resource_id() -> str:
    """A new instance's resource ID in the format of RDS."""
    letters = string.ascii_uppercase + string.digits
    return "db-" + "".join(secrets.choice(letters) for _ in range(26))


def zones_of(data: Data, subnet_ids: Iterable[str]) -> set[str]:
    """The zones of existing subnets."""
    return {data["subnets"][each]["availabilityZone"] for each in subnet_ids}


def seed(region: str) -> Data:
    """The initial content of a region; the sandbox's own region has an EKS cluster."""
    data: Data = {kind: {} for kind in KINDS}
    if region != REGION:
        return data
    for number, letter in enumerate(ZONES):
        for kind in ("private", "public"):
            public = kind == "public"
            data["subnets"][f"subnet-0{kind}{letter}"] = {
                "availabilityZone": f"{region}{letter}",
                "availabilityZoneId": f"use1-az{number + 1}",
                "vpcId": VPC,
                "cidrBlock": f"10.0.{number * 10 + public}.0/24",
                "mapPublicIpOnLaunch": False,
                "tags": {
                    "kubernetes.io/role/elb" if public else "kubernetes.io/role/internal-elb": "1"
                },
            }
    public = [f"subnet-0public{letter}" for letter in ZONES]
    data["routeTables"] = {
        "rtb-0main": _routes(main=True, subnets=[], natGatewayId="nat-0dev"),
        "rtb-0public": _routes(main=False, subnets=public, gatewayId="igw-0dev"),
    }
    data["securityGroups"][NODES_GROUP] = {"vpcId": VPC, "name": "eks-cluster-sg-dev"}
    data["clusters"]["dev"] = {
        "endpoint": network.API_URL,
        "version": "1.34",
        "vpcId": VPC,
        "subnetIds": [f"subnet-0private{letter}" for letter in ZONES],
        "clusterSecurityGroupId": NODES_GROUP,
        "nodeGroups": {
            "workers-a": {"subnetIds": ["subnet-0privatea"], "desiredSize": 2},
            "workers-b": {"subnetIds": ["subnet-0privateb"], "desiredSize": 1},
        },
    }
    return data


def nodes_groups(data: Data) -> set[str]:
    """The security groups of the nodes: a launch template that has some replaces the cluster's."""
    found: set[str] = set()
    for cluster in data["clusters"].values():
        own = {cluster["clusterSecurityGroupId"]}
        for group in cluster["nodeGroups"].values():
            used = [
                data["launchTemplates"][each["id"]] for each in group.get("launchTemplates", [])
            ]
            found |= {id for each in used for id in each["vpcSecurityGroupIds"]} or own
        found |= set() if cluster["nodeGroups"] else own
    return found


def _routes(*, main: bool, subnets: list[str], **target: str) -> Data:
    routes = [{"cidrBlock": "0.0.0.0/0", **target}]
    return {"vpcId": VPC, "main": main, "subnetIds": subnets, "routes": routes}
