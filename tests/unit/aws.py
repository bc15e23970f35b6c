"""A fake AWS: answers the look-ups of an EKS cluster, its network, instances and snapshots."""

from typing import Any

import pulumi

from tests.unit.fake_cloud import FakeCloud, Refused
from tests.unit.stacks import Stack, stack

INSTANCE = "aws:rds/instance:Instance"
SUBNET_GROUP = "aws:rds/subnetGroup:SubnetGroup"
PARAMETER_GROUP = "aws:rds/parameterGroup:ParameterGroup"
SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
RANDOM_ID = "random:index/randomId:RandomId"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"

NODES = "sg-nodes"
VPC = "vpc-1"
ARN = "arn:aws:rds:us-east-1:123456789012:db:postgres-server1a2b3c4"
HOST = "postgres-server1a2b3c4.c9akciq32.us-east-1.rds.amazonaws.com"
RUNNING = {
    "dbInstanceIdentifier": "postgres-server1a2b3c4",
    "availabilityZone": "us-east-1a",
    "engineVersion": "17.6",
    "tags": {"coder:stack": "coder/dev", "coder:zone": "us-east-1a"},
    "dbParameterGroups": ["default.postgres17"],
    "dbInstanceClass": "db.m6i.large",
    "dbSubnetGroup": "subnets",
    "masterUsername": "coder_admin",
    "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/aws-rds",
}
KEY = "arn:aws:kms:us-east-1:123456789012:key/abc-1"
SOURCE = {
    "engineVersion": "17.6",
    "allocatedStorage": 64,
    "kmsKeyId": KEY,
    "status": "available",
    "encrypted": True,
    "storageEncrypted": True,
    "masterUsername": "coder_admin",
    "backupRetentionPeriod": 7,
    "tags": {},
    "dbParameterGroups": [],
}
"""A record that serves both as a snapshot and as an instance."""


class Aws(FakeCloud):
    """An account with one EKS cluster."""

    name = "aws"

    def __init__(self) -> None:
        super().__init__()
        self.endpoint = "https://api.example.com"
        self.region = "us-east-1"
        self.subnets = {
            "subnet-a": "us-east-1a",
            "subnet-b": "us-east-1b",
            "subnet-c": "us-east-1c",
        }
        self.public: set[str] = set()
        """Subnets whose own route table leads to an internet gateway."""
        self.main_is_public = False
        self.private: set[str] = set()
        """Subnets with a route table of their own that leads to a NAT gateway."""
        self.subnet_groups = {"subnets": ["subnet-a", "subnet-b"]}
        self.templates: dict[str, dict[str, Any]] = {}
        """Launch templates, by the node groups that use them."""
        self.templates_read: list[str] = []
        self.versions = {"14": "14.19", "15": "15.14", "16": "16.10", "17": "17.6", "18": "18.1"}
        """RDS's default of each major version."""
        self.targets: dict[str, list[str]] = {"16.10": ["16.13", "17.6", "17.9", "18.1"]}
        """The versions to which RDS upgrades."""
        self.offered: dict[str, list[str]] = {}
        """The zones of a class, if not all of the region."""
        self.cluster_status = "ACTIVE"
        self.restored_login = "coder_admin"
        """The master login of an instance that is restored from a snapshot."""
        self.vpcs: dict[str, str] = {}
        self.cluster_subnets = ["subnet-a", "subnet-b"]
        self.node_groups: dict[str, tuple[list[str], int]] = {"workers": (["subnet-a"], 2)}
        self.instances: dict[str, dict[str, Any]] = {}
        self.cluster_security_group = NODES
        self.snapshots: dict[str, dict[str, Any]] = {"snap-1": SOURCE}
        self.instances["old"] = SOURCE

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        assert not self.asked, f"{args.token} is looked up after resources are made"
        known = {
            "aws:eks/getCluster:getCluster": self._cluster,
            "aws:eks/getNodeGroups:getNodeGroups": self._node_groups,
            "aws:eks/getNodeGroup:getNodeGroup": self._node_group,
            "aws:ec2/getSubnet:getSubnet": self._subnet,
            "aws:rds/getInstances:getInstances": self._instances,
            "aws:rds/getInstance:getInstance": self._instance,
            "aws:rds/getSnapshot:getSnapshot": self._snapshot,
            "aws:rds/getSubnetGroup:getSubnetGroup": self._subnet_group,
            "aws:rds/getEngineVersion:getEngineVersion": self._engine_version,
            "aws:rds/getOrderableDbInstance:getOrderableDbInstance": self._orderable,
            "aws:ec2/getRouteTable:getRouteTable": self._routes,
            "aws:ec2/getLaunchTemplate:getLaunchTemplate": self._launch_template,
            "pulumi:pulumi:readStackResourceOutputs": self.recorded,
        }
        if args.token not in known:
            return super().call(args)
        return known[args.token](args.args)

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        identifier, outputs = super().new_resource(args)
        if args.typ == INSTANCE:
            outputs |= {"address": HOST, "endpoint": f"{HOST}:5432", "arn": ARN}
            if args.inputs.get("snapshotIdentifier"):
                outputs["username"] = self.restored_login
        elif args.typ.startswith("aws:"):
            outputs |= {"name": identifier}
        elif args.typ == RANDOM_ID:
            outputs |= {"hex": "0a1b2c3d"}
        return identifier, outputs

    def _cluster(self, args: dict[str, Any]) -> Any:
        if args["name"] != "dev":
            raise Refused(
                "invocation of aws:eks/getCluster:getCluster returned an error: invoking "
                "aws:eks/getCluster:getCluster: 1 error occurred:\n\t* reading EKS Cluster "
                f"({args['name']}): couldn't find resource\n\n"
            )
        return {
            "name": "dev",
            "arn": f"arn:aws:eks:{self.region}:123456789012:cluster/dev",
            "endpoint": self.endpoint,
            "status": self.cluster_status,
            "vpcConfig": {
                "vpcId": VPC,
                "subnetIds": self.cluster_subnets,
                "clusterSecurityGroupId": self.cluster_security_group,
            },
        }

    def _node_groups(self, args: dict[str, Any]) -> Any:
        return {"clusterName": args["clusterName"], "names": list(self.node_groups)}

    def _node_group(self, args: dict[str, Any]) -> Any:
        subnets, desired = self.node_groups[args["nodeGroupName"]]
        name = args["nodeGroupName"]
        version = self.templates.get(name, {}).get("used", "1")
        return {
            "nodeGroupName": name,
            "subnetIds": subnets,
            "scalingConfigs": [{"desiredSize": desired}],
            "launchTemplates": [{"id": f"lt-{name}", "version": version}]
            if name in self.templates
            else [],
        }

    def _launch_template(self, args: dict[str, Any]) -> Any:
        found = self.templates[args["id"].removeprefix("lt-")]
        self.templates_read.append(args["id"])
        if "denied" in found:
            raise Refused(f"1 error occurred:\n\t* {found['denied']}\n")
        defaults = {"latestVersion": 1, "vpcSecurityGroupIds": [], "networkInterfaces": []}
        return defaults | {"id": args["id"]} | found

    def _subnet(self, args: dict[str, Any]) -> Any:
        identifier = args["id"]
        _found({name: {} for name in self.subnets}, identifier, "EC2 Subnet")
        return {
            "id": identifier,
            "availabilityZone": self.subnets[identifier],
            "vpcId": self.vpcs.get(identifier, VPC),
            "mapPublicIpOnLaunch": False,
        }

    def _routes(self, args: dict[str, Any]) -> Any:
        subnet = args.get("subnetId")
        public, own = subnet in self.public, subnet in self.public | self.private
        if not subnet:
            assert args["vpcId"] == VPC
            assert args["filters"] == [{"name": "association.main", "values": ["true"]}]
            public = self.main_is_public
        elif not own:
            raise Refused("1 error occurred:\n\t* query returned no results. Please change your\n")
        gateways = {"gatewayId": "igw-1"} if public else {"natGatewayId": "nat-1", "gatewayId": ""}
        return {"routes": [{"cidrBlock": "0.0.0.0/0", **gateways}]}

    def _subnet_group(self, args: dict[str, Any]) -> Any:
        return {"subnetIds": self.subnet_groups[args["name"]]}

    def _engine_version(self, args: dict[str, Any]) -> Any:
        assert args["engine"] == "postgres"
        if args.get("defaultOnly"):
            return {"versionActual": self.versions[args["version"]]}
        assert args["preferredVersions"] == [args["version"]]
        assert args["includeAll"] is True
        targets = self.targets.get(args["version"])
        major = int(args["version"].partition(".")[0])
        return {"validUpgradeTargets": targets or [self.versions[str(major + 1)]]}

    def _orderable(self, args: dict[str, Any]) -> Any:
        zones = self.offered.get(args["instanceClass"], sorted({*self.subnets.values()}))
        if not zones:
            raise Refused(
                "1 error occurred:\n\t* no RDS Orderable DB Instance Options found matching "
                "criteria; try different search\n"
            )
        return {"availabilityZones": zones, "engineVersion": args["engineVersion"]}

    def _instances(self, args: dict[str, Any]) -> Any:
        wanted = args["tags"].items()
        return {
            "instanceIdentifiers": [
                name for name, each in self.instances.items() if wanted <= each["tags"].items()
            ]
        }

    def _instance(self, args: dict[str, Any]) -> Any:
        return _found(self.instances, args["dbInstanceIdentifier"], "RDS DB Instance")

    def _snapshot(self, args: dict[str, Any]) -> Any:
        return _found(self.snapshots, args["dbSnapshotIdentifier"], "RDS DB Snapshot")

    def stack(self, **changes: Any) -> Stack:
        return aws(**changes)

    def add_running(self, changes: dict[str, Any]) -> None:
        self.instances[RUNNING["dbInstanceIdentifier"]] = RUNNING | changes


def _found(known: dict[str, dict[str, Any]], name: str, noun: str) -> dict[str, Any]:
    if name not in known:
        raise Refused(f"1 error occurred:\n\t* reading {noun} ({name}): couldn't find resource\n")
    return known[name]


def aws(**changes: Any) -> Stack:
    """A stack with `cloud: aws` and only the required settings."""
    return stack(cloud="aws", cluster={"name": "dev"}) | changes
