"""The functions that find a cluster, its subnets, the instances and their snapshots."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.providers.aws.account import ACCOUNT, Cloud, Data, authority
from sandbox.providers.framework.provider import Failure, Function, Operation

Answer = Callable[[Cloud, Data, dict[str, Any]], dict[str, Any]]


class NotFound(Exception):
    """What the provider says of something that is not there."""


def cluster(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """One EKS cluster."""
    name = arguments["name"]
    found = data["clusters"].get(name)
    if not found:
        raise NotFound(f"reading EKS Cluster ({name}): couldn't find resource")
    return {
        "id": name,
        "arn": cloud.arn("eks", f"cluster/{name}"),
        "certificateAuthorities": [{"data": authority()}],
        "createdAt": "2026-01-01T00:00:00Z",
        "deletionProtection": False,
        "enabledClusterLogTypes": [],
        "endpoint": found["endpoint"],
        "platformVersion": "eks.1",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/eks-{name}",
        "status": "ACTIVE",
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


def node_groups(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """The names of a cluster's node groups; there may be none."""
    name = arguments["clusterName"]
    if name not in data["clusters"]:
        raise NotFound(f"ResourceNotFoundException: No cluster found for name: {name}.")
    return {"id": name, "names": sorted(data["clusters"][name]["nodeGroups"])}


def node_group(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """One node group."""
    name, of = arguments["nodeGroupName"], arguments["clusterName"]
    found = data["clusters"].get(of, {}).get("nodeGroups", {}).get(name)
    if not found:
        raise NotFound(f"reading EKS Node Group ({of}:{name}): couldn't find resource")
    desired = found["desiredSize"]
    return {
        "id": f"{of}:{name}",
        "arn": cloud.arn("eks", f"nodegroup/{of}/{name}"),
        "amiType": "AL2023_x86_64_STANDARD",
        "capacityType": "ON_DEMAND",
        "diskSize": 20,
        "instanceTypes": ["m6i.large"],
        "labels": {},
        "nodeRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nodes-{of}",
        "scalingConfigs": [{"desiredSize": desired, "maxSize": desired + 2, "minSize": 1}],
        "status": "ACTIVE",
        "subnetIds": found["subnetIds"],
        "tags": {},
    }


def subnet(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """One subnet, by its id; no other way to find one is simulated."""
    found = data["subnets"].get(arguments["id"])
    if not found:
        raise NotFound("no matching EC2 Subnet found")
    arn = cloud.arn("ec2", f"subnet/{arguments['id']}")
    return {"arn": arn, "ownerId": ACCOUNT, "state": "available", "defaultForAz": False, **found}


def instances(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """The instances that have all the tags asked for."""
    wanted = (arguments.get("tags") or {}).items()
    found = [
        each for each in data["instances"].values() if wanted <= each.get("tagsAll", {}).items()
    ]
    return {
        "id": cloud.region,
        "instanceArns": [each["arn"] for each in found],
        "instanceIdentifiers": [each["identifier"] for each in found],
    }


def instance(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
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
        "dbInstancePort": 0,  # only an instance of a cluster has one
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


def snapshot(cloud: Cloud, data: Data, arguments: dict[str, Any]) -> dict[str, Any]:
    """One snapshot, by its name; no other way to find one is simulated."""
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
        "dbSnapshotArn": cloud.arn("rds", f"snapshot:{name}"),
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
    "aws:ec2/getSubnet:getSubnet": (subnet, ("id",), ()),
    "aws:rds/getInstances:getInstances": (instances, (), ("tags",)),
    "aws:rds/getInstance:getInstance": (instance, ("dbInstanceIdentifier",), ()),
    "aws:rds/getSnapshot:getSnapshot": (snapshot, ("dbSnapshotIdentifier",), ()),
}
"""What answers, with its required and its other arguments."""


def _function(token: str) -> Function:
    answer, required, optional = ARGUMENTS[token]

    def call(op: Operation, arguments: dict[str, Any]) -> dict[str, Any]:
        given = {key: value for key, value in arguments.items() if value is not None}
        try:
            for key in sorted(given.keys() - {*required, *optional, "region"}):
                raise NotFound(f"the simulated AWS knows no argument {key} of {token}")
            for key in sorted(set(required) - given.keys()):
                raise NotFound(f'Missing required argument "{key}"')
            cloud = Cloud.of(op, given)
            found = answer(cloud, cloud.look(), given)
        except NotFound as error:
            raise Failure(
                f"invocation of {token} returned an error: invoking {token}: 1 error occurred:\n"
                f"\t* {error}\n\n"
            ) from None
        return {**given, "region": cloud.region, **found}

    return call


FUNCTIONS: Mapping[str, Function] = {token: _function(token) for token in ARGUMENTS}
