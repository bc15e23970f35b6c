"""Functions that look up clusters, instances and snapshots, and the table of all functions."""

from collections.abc import Callable, Mapping

from sandbox.providers.aws.account import ACCOUNT, Data
from sandbox.providers.aws.network_lookups import launch_template, route_table, subnet, subnet_group
from sandbox.providers.aws.offers import engine_version, orderable
from sandbox.providers.aws.region import Region
from sandbox.providers.bridged.functions import NotFound, function
from sandbox.providers.cloud.account import cluster_ca
from sandbox.providers.framework.operation import Operation
from sandbox.providers.framework.provider import Function

Answer = Callable[[Region, Data, Data], Data]


def cluster(region: Region, data: Data, arguments: Data) -> Data:
    """One EKS cluster."""
    name = arguments["name"]
    found = data["clusters"].get(name)
    if not found:
        raise NotFound(f"reading EKS Cluster ({name}): couldn't find resource")
    return {
        "id": name,
        "arn": region.arn("eks", f"cluster/{name}"),
        "certificateAuthorities": [{"data": cluster_ca()}],
        "createdAt": "2026-01-01T00:00:00Z",
        "deletionProtection": False,
        "enabledClusterLogTypes": [],
        "endpoint": found["endpoint"],
        "platformVersion": "eks.1",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/eks-{name}",
        "status": found.get("status", "ACTIVE"),
        "tags": {},
        "version": found["version"],
        "vpcConfig": {
            "clusterSecurityGroupId": found["clusterSecurityGroupId"],
            "controlPlaneEgressMode": "",
            "endpointPrivateAccess": True,
            "endpointPublicAccess": True,
            "publicAccessCidrs": ["0.0.0.0/0"],
            "securityGroupIds": [],
            "subnetIds": found["subnetIds"],
            "vpcId": found["vpcId"],
        },
    }


def node_groups(region: Region, data: Data, arguments: Data) -> Data:
    """The names of a cluster's node groups; there may be none."""
    name = arguments["clusterName"]
    if name not in data["clusters"]:
        raise NotFound(f"ResourceNotFoundException: No cluster found for name: {name}.")
    return {"id": name, "names": sorted(data["clusters"][name]["nodeGroups"])}


def node_group(region: Region, data: Data, arguments: Data) -> Data:
    """One node group."""
    name, of = arguments["nodeGroupName"], arguments["clusterName"]
    found = data["clusters"].get(of, {}).get("nodeGroups", {}).get(name)
    if not found:
        raise NotFound(f"reading EKS Node Group ({of}:{name}): couldn't find resource")
    desired = found["desiredSize"]
    return {
        "id": f"{of}:{name}",
        "arn": region.arn("eks", f"nodegroup/{of}/{name}"),
        "amiType": "AL2023_x86_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "diskSize": 20,
        "instanceTypes": ["m6i.large"],
        "labels": {},
        "launchTemplates": found.get("launchTemplates", []),
        "nodeRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nodes-{of}",
        "scalingConfigs": [{"desiredSize": desired, "maxSize": desired + 2, "minSize": 1}],
        "status": "ACTIVE",
        "subnetIds": found["subnetIds"],
        "tags": {},
    }


def instances(region: Region, data: Data, arguments: Data) -> Data:
    """The instances that have all the given tags."""
    wanted = (arguments.get("tags") or {}).items()
    found = [
        each for each in data["instances"].values() if wanted <= each.get("tagsAll", {}).items()
    ]
    return {
        "id": region.scope,
        "instanceArns": [each["arn"] for each in found],
        "instanceIdentifiers": [each["identifier"] for each in found],
    }


def instance(region: Region, data: Data, arguments: Data) -> Data:
    """One instance, by its identifier; never with its password."""
    name = arguments["dbInstanceIdentifier"].lower()
    found = data["instances"].get(name)
    if not found:
        raise NotFound("no matching RDS DB Instance found")
    same = """
    allocatedStorage autoMinorVersionUpgrade availabilityZone backupRetentionPeriod caCertIdentifier
    databaseInsightsMode enabledCloudwatchLogsExports engine iops licenseModel masterUserSecrets
    maxAllocatedStorage monitoringInterval multiAz networkType publiclyAccessible resourceId
    storageEncrypted storageThroughput storageType upgradeRolloutOrder
    """
    reached = found if found["status"] != "creating" else {}
    return {
        **{key: found[key] for key in same.split()},
        **{key: reached.get(key) or "" for key in ("address", "endpoint", "hostedZoneId")},
        **{key: found.get(key) or "" for key in ("dbName", "kmsKeyId", "monitoringRoleArn")},
        **dict.fromkeys(("dbClusterIdentifier", "replicateSourceDb", "timezone"), ""),
        "id": name,
        "dbInstanceArn": found["arn"],
        "dbInstanceClass": found["instanceClass"],
        "dbInstanceIdentifier": name,
        "dbInstancePort": 0,  # only an instance of an Aurora or Multi-AZ DB cluster has one
        "dbParameterGroups": [found["parameterGroupName"]],
        "dbSubnetGroup": found["dbSubnetGroupName"],
        "engineVersion": found["engineVersionActual"],
        "masterUsername": found["username"],
        "optionGroupMemberships": [found["optionGroupName"]],
        "port": reached.get("port", 0),
        "preferredBackupWindow": found["backupWindow"],
        "preferredMaintenanceWindow": found["maintenanceWindow"],
        "tags": found["tagsAll"],
        "vpcSecurityGroups": found["vpcSecurityGroupIds"],
    }


def snapshot(region: Region, data: Data, arguments: Data) -> Data:
    """One snapshot, by its name; other filters are not simulated."""
    name = arguments["dbSnapshotIdentifier"].lower()
    kept = {key.lower(): each for key, each in data["snapshots"].items()}.get(name)
    if kept is None:
        raise NotFound("reading RDS DB Snapshots: couldn't find resource")
    same = "allocatedStorage availabilityZone engine iops licenseModel port storageType"
    made = kept.get("created") or ""
    return {
        **{key: kept[key] for key in same.split()},
        "id": name,
        "dbInstanceIdentifier": kept["identifier"],
        "dbSnapshotArn": region.arn("rds", f"snapshot:{name}"),
        "dbSnapshotIdentifier": name,
        "encrypted": kept["storageEncrypted"],
        "engineVersion": kept["engineVersionActual"],
        "kmsKeyId": kept.get("kmsKeyId") or "",
        "optionGroupName": kept["optionGroupName"],
        "originalSnapshotCreateTime": made,
        "snapshotCreateTime": made,
        "snapshotType": "manual",
        "sourceDbSnapshotIdentifier": "",
        "sourceRegion": "",
        "status": "available",
        "tags": kept["tagsAll"] if kept["copyTagsToSnapshot"] else {},
        "vpcId": data["subnetGroups"].get(kept["dbSubnetGroupName"], {}).get("vpcId", ""),
    }


ARGUMENTS: Mapping[str, tuple[Answer, tuple[str, ...], tuple[str, ...]]] = {
    "aws:eks/getCluster:getCluster": (cluster, ("name",), ("tags",)),
    "aws:eks/getNodeGroups:getNodeGroups": (node_groups, ("clusterName",), ()),
    "aws:eks/getNodeGroup:getNodeGroup": (
        node_group,
        ("clusterName", "nodeGroupName"),
        ("tags",),
    ),
    "aws:ec2/getLaunchTemplate:getLaunchTemplate": (launch_template, ("id",), ()),
    "aws:ec2/getRouteTable:getRouteTable": (route_table, (), ("filters", "subnetId", "vpcId")),
    "aws:ec2/getSubnet:getSubnet": (subnet, ("id",), ()),
    "aws:rds/getEngineVersion:getEngineVersion": (
        engine_version,
        ("engine", "version"),
        ("defaultOnly", "includeAll", "preferredVersions"),
    ),
    "aws:rds/getOrderableDbInstance:getOrderableDbInstance": (
        orderable,
        ("engine", "engineVersion", "instanceClass"),
        (
            "licenseModel",
            "preferredEngineVersions",
            "preferredInstanceClasses",
            "storageType",
            "vpc",
        ),
    ),
    "aws:rds/getSubnetGroup:getSubnetGroup": (subnet_group, ("name",), ()),
    "aws:rds/getInstances:getInstances": (instances, (), ("tags",)),
    "aws:rds/getInstance:getInstance": (instance, ("dbInstanceIdentifier",), ()),
    "aws:rds/getSnapshot:getSnapshot": (snapshot, ("dbSnapshotIdentifier",), ()),
}
"""The simulated functions, each with its required and optional arguments."""


def _function(token: str) -> Function:
    answer, required, optional = ARGUMENTS[token]

    def call(op: Operation, given: Data) -> Data:
        region = Region.of(op, given)
        return {"region": region.scope, **answer(region, region.read(), given)}

    return function(token, call, required, (*optional, "region"))


FUNCTIONS: Mapping[str, Function] = {token: _function(token) for token in ARGUMENTS}
