"""Functions that look up clusters, zones, peerings and ranges of addresses."""

import re

from sandbox.providers.bridged.functions import NotFound
from sandbox.providers.cloud.account import Data, cluster_ca
from sandbox.providers.framework.operation import Operation
from sandbox.providers.gcp import account, addresses
from sandbox.providers.gcp.project import Project


def cluster(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """One GKE cluster; without a location, in the provider's region."""
    name = arguments["name"]
    location = arguments.get("location") or op.config.get("region") or op.config.get("zone")
    if not location:
        raise NotFound(
            'Cannot determine location: set location in this resource, or set provider-level "zone"'
            ' or "region".'
        )
    path = f"projects/{project.scope}/locations/{location}/clusters/{name}"
    found = data["clusters"].get(f"{location}/{name}")
    if not found:
        raise NotFound(f"{path} not found")
    host, vpc = f"projects/{project.scope}", found["network"]
    return {
        "id": path,
        "clusterIpv4Cidr": "10.4.0.0/14",
        "deletionProtection": False,
        "description": "",
        "enableAutopilot": found.get("autopilot", False),
        "endpoint": found["endpoint"],
        "initialNodeCount": 0,
        "ipAllocationPolicies": [
            {
                "clusterIpv4CidrBlock": "10.4.0.0/14",
                "clusterSecondaryRangeName": "pods",
                "servicesIpv4CidrBlock": "10.8.0.0/20",
                "servicesSecondaryRangeName": "services",
                "stackType": "IPV4",
            }
        ],
        "location": location,
        "masterAuths": [
            {
                "clientCertificate": "",
                "clientCertificateConfigs": [{"issueClientCertificate": False}],
                "clientKey": "",
                "clusterCaCertificate": cluster_ca(),
            }
        ],
        "masterVersion": found["version"],
        "name": name,
        "network": f"{host}/global/networks/{vpc}",
        "networkingMode": found["networkingMode"],
        # The zone of a zonal cluster is not among these, only further ones.
        "nodeLocations": found["nodeLocations"],
        "nodePools": [_pool(name, each) for name, each in found["nodePools"].items()],
        "nodeVersion": found["version"],
        "privateClusterConfigs": [],
        "resourceLabels": {},
        "selfLink": f"https://container.googleapis.com/v1/{path}",
        "subnetwork": f"{host}/regions/{account.region_of(location)}/subnetworks/{vpc}",
    }


def _pool(name: str, pool: Data) -> Data:
    """A node pool; its numbers of nodes are those of each zone."""
    return {
        "autoscalings": [],
        "initialNodeCount": pool["count"],
        "maxPodsPerNode": 110,
        "name": name,
        "namePrefix": "",
        "nodeCount": pool["count"],
        "nodeLocations": pool["zones"],
        "version": "",
    }


def peering(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """A peering of a network; the one with Google's services has a fixed name."""
    link, name = arguments["network"], arguments["name"]
    if not re.fullmatch(r"(?:https?://.+/)?projects/[^/]+/global/networks/[^/]+", link):
        raise NotFound(f'"network" ("{link}") is no link of a network')
    host, vpc = addresses.network_project(link, project.scope), addresses.network_name(link)
    data = Project.of(op, {"project": host}).read()
    path = f"projects/{host}/global/networks/{vpc}"
    if vpc not in data["networks"]:
        raise NotFound(f"googleapi: Error 404: The resource '{path}' was not found, notFound")
    if name != account.PEERING or not addresses.peered(data, vpc):
        raise NotFound(f"{vpc}/{name} not found")
    return {
        "id": f"{vpc}/{name}",
        "deletionPolicy": "",
        "exportCustomRoutes": False,
        "exportSubnetRoutesWithPublicIp": False,
        "importCustomRoutes": False,
        "importSubnetRoutesWithPublicIp": False,
        "name": name,
        "network": account.compute_link(path),
        "peerNetwork": account.compute_link(
            f"projects/t{account.NUMBER[:8]}-tp/global/networks/servicenetworking"
        ),
        "stackType": "IPV4_ONLY",
        "state": "ACTIVE",
        "stateDetails": "[2026-01-01T00:00:00.000-08:00]: Connected.",
        "updateStrategy": "INDEPENDENT",
    }


def address(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """One reserved range."""
    path = f"projects/{project.scope}/global/addresses/{arguments['name']}"
    found = data["addresses"].get(arguments["name"])
    if not found:
        raise NotFound(f"{path} not found")
    keys = ("address", "addressType", "name", "network", "prefixLength", "purpose")
    return {
        **{key: found[key] for key in keys},
        "id": path,
        "networkTier": "",
        "selfLink": account.compute_link(path),
        "status": "RESERVED",
        "subnetwork": "",
        "users": "",
    }


def zones(op: Operation, project: Project, data: Data, arguments: Data) -> Data:
    """The names of a region's zones; all of them are up."""
    region = arguments.get("region") or op.config.get("region")
    if not region:
        raise NotFound("region: required field is not set")
    names = account.zones(region) if arguments.get("status") in (None, "UP") else []
    return {
        "id": f"projects/{project.scope}/regions/{region}",
        "names": names,
        "region": region,
    }
