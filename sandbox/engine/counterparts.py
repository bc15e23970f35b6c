"""What a stack names in an account of its own, replaced by what the simulated account has for it.

So any stack can be previewed here. What the sandbox has under that name is kept.
"""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.cluster import topology
from sandbox.engine.overrides import Overrides
from sandbox.machine import network, paths
from sandbox.postgres import tls
from sandbox.providers.aws import account as aws_account
from sandbox.providers.aws.region import Region
from sandbox.providers.azure_native import account as azure_account
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.gcp import account as gcp_account
from sandbox.providers.gcp.project import Project

FIRST_STACK = "dev"
"""The stack of `make up`, which keeps the program's default namespace."""
DEFAULT_NAMESPACE = "coder"
SUFFIX = "coder.internal"
"""The sandbox's names of servers that are there already end in it."""
AZURE_NETWORK = (
    f"{azure_account.group_id('coder')}/providers/Microsoft.Network/virtualNetworks/"
    f"{azure_account.NETWORK}"
)


def common(overrides: Overrides, stack: str, folder: Path) -> None:
    """The overrides of every stack, whatever its cloud."""
    overrides.remove("kubeContext", reason="the sandbox's kubeconfig has one context")
    major = str(overrides.get("chartVersion") or "1").partition(".")[0]
    flavour = "v2" if major.isdigit() and int(major) >= 2 else "classic"
    repository = f"{network.CHARTS_URL}/{flavour}"
    if not _is_local(overrides.get("chartRepository")):
        overrides.use("chartRepository", repository)
        for part in ("Username", "Password", "CaCertificate"):
            reason = "the sandbox's repository needs none"
            overrides.remove(f"chartRepository{part}", reason=reason)
    ca = overrides.get("caCertificate")
    if isinstance(ca, str) and not (folder / ca).exists():
        overrides.remove("caCertificate", reason=f"there is no {ca}")
    if stack != FIRST_STACK:
        # Stacks of one cluster can't share a namespace.
        own = f"{DEFAULT_NAMESPACE}-{stack}"
        if overrides.get("namespace") == DEFAULT_NAMESPACE:
            overrides.use("namespace", own)
        overrides.put("namespace", own)


def existing(overrides: Overrides, stack: str) -> None:
    """Use the sandbox's cluster and CA, and a server whose name resolves in the sandbox."""
    overrides.put("caCertificate", str(paths.POSTGRES_CA))
    overrides.use("cluster", network.API_URL, "endpoint")
    authority = b64encode((paths.PKI / "ca.crt").read_bytes()).decode()
    overrides.use("cluster", authority, "certificateAuthority", shown="the sandbox's own")
    if _is_foreign_address(overrides.get("existing", "host")):
        overrides.use("existing", f"{stack}.{SUFFIX}", "host")
    overrides.remove("existing", "port", reason="the sandbox's servers have PostgreSQL's own")


def aws(overrides: Overrides, stack: str) -> None:
    """Use the sandbox's CA, the only region that has a cluster, and what is there."""
    # Create the CA now: the program reads the file before the first server is created.
    overrides.put("caCertificate", str(tls.authority().certificate_file))
    overrides.use("aws:region", topology.REGION)
    if _names_cluster(overrides, "name"):
        overrides.use("cluster", {"name": "dev"})
    if zone := str(overrides.get("zone") or ""):
        zones = [f"{topology.REGION}{letter}" for letter in aws_account.ZONES]
        overrides.use("zone", zone if zone in zones else _counterpart(zone, zones))
    data = Region(topology.REGION).read()
    overrides.replace("network", aws_account.VPC, "vpcId")
    overrides.replace("network", network.API_URL, "endpoint")
    if not _all_in(overrides.get("network", "subnetIds"), data["subnets"]):
        private = [f"subnet-0private{letter}" for letter in aws_account.ZONES]
        overrides.replace("network", private, "subnetIds")
    if not _all_in(overrides.get("network", "clientSecurityGroupIds"), data["securityGroups"]):
        overrides.replace("network", [aws_account.NODES_GROUP], "clientSecurityGroupIds")
    _restore(overrides, data, "snapshot", "instance")
    owners = [each["tagsAll"].get("coder:stack", "") for each in data["instances"].values()]
    standby = str(overrides.get("highAvailability")).lower() == "true"
    if standby and not any(owner.endswith(f"/{stack}") for owner in owners):
        reason = "RDS can't create an instance with a standby and a chosen zone"
        overrides.remove("highAvailability", reason=f"{reason}; the next update can add it")


def azure(overrides: Overrides, stack: str) -> None:
    """Use the sandbox's CA, its subscription and location, and what is there.

    Public roots, to which Azure's certificates chain, cannot be simulated.
    """
    overrides.put("caCertificate", str(tls.authority().certificate_file))
    overrides.replace("azure-native:subscriptionId", azure_account.SUBSCRIPTION)
    overrides.use("azure-native:location", azure_account.LOCATION)
    known = [{"name": name, "resourceGroup": "coder"} for name in ("dev", "managed")]
    if overrides.get("cluster") not in known and _names_cluster(overrides, "name", "resourceGroup"):
        overrides.use("cluster", known[0])
    data = Subscription(azure_account.SUBSCRIPTION).read()
    ids = {each["id"].lower() for kind in ("subnets", "zones") for each in data[kind].values()}
    if str(overrides.get("server", "resourceGroup") or "").lower() not in data["groups"]:
        overrides.replace("server", "coder", "resourceGroup")
    overrides.replace("network", network.API_URL, "endpoint")
    if str(overrides.get("network", "delegatedSubnetId") or "").lower() not in ids:
        overrides.replace("network", f"{AZURE_NETWORK}/subnets/postgres", "delegatedSubnetId")
    if str(overrides.get("network", "privateDnsZoneId") or "").lower() not in ids:
        reason = "the sandbox has no such zone, and one is made"
        overrides.remove("network", "privateDnsZoneId", reason=reason)
    _azure_range(overrides)
    endpoint = overrides.get("network", "privateEndpoint")
    if isinstance(endpoint, dict) and str(endpoint.get("subnetId", "")).lower() not in {"", *ids}:
        subnet = {"subnetId": f"{AZURE_NETWORK}/subnets/nodes"}
        overrides.use("network", subnet, "privateEndpoint")
    _restore(overrides, data, "server")


def _azure_range(overrides: Overrides) -> None:
    """Put the range of a subnet that is made into the sandbox's network, with the same size."""
    try:
        wanted = ipaddress.IPv4Network(overrides.get("network", "subnetRange") or "")
    except ValueError:
        return  # none, or one that the program reports
    if not wanted.subnet_of(ipaddress.IPv4Network(azure_account.NETWORK_RANGE)):
        size = max(wanted.prefixlen, 20)
        overrides.use("network", f"10.60.16.0/{size}", "subnetRange")


def gcp(overrides: Overrides, stack: str) -> None:
    """Use the only project and region that have clusters, one of these clusters, what is there.

    The CA is not overridden: each instance has its own.
    """
    project, region = gcp_account.PROJECT, gcp_account.REGION
    overrides.use("gcp:project", project)
    overrides.use("gcp:region", region)
    clusters = gcp_account.seed(project)["clusters"]
    known = [{"name": name, "location": place} for place, name in (x.split("/") for x in clusters)]
    # The network of `bare` has no private services access, which the stack makes.
    creates = overrides.get("network", "privateServices") == "create"
    vpc = "bare" if creates else "dev"
    named = _names_cluster(overrides, "name", "location", optional="project")
    if overrides.get("cluster") not in known and named:
        location = f"{region}-b" if creates else region
        overrides.use("cluster", {"name": vpc, "location": location})
    networks = f"projects/{project}/global/networks/"
    if not str(overrides.get("network", "privateNetwork")).startswith(networks):
        overrides.replace("network", f"{networks}{vpc}", "privateNetwork")
    data = Project(project).read()
    if overrides.get("network", "allocatedIpRange") not in data["addresses"]:
        overrides.replace("network", gcp_account.RANGE, "allocatedIpRange")
    overrides.replace("network", network.API_URL, "endpoint")
    for key, part in (("zone", ""), ("server", "secondaryZone")):
        _gcp_zone(overrides, key, part)
    if key := overrides.get("server", "encryptionKeyName"):
        here = re.sub(r"/locations/[^/]+/", f"/locations/{region}/", str(key))
        overrides.use("server", here, "encryptionKeyName")
    _restore(overrides, data, "instance")


def _names_cluster(overrides: Overrides, *keys: str, optional: str = "") -> bool:
    """Whether the stack names its cluster; if not, the program says what is wrong."""
    cluster = overrides.get("cluster")
    if not isinstance(cluster, dict) or set(cluster) - {*keys, optional}:
        return False
    return all(isinstance(cluster.get(key), str) and cluster[key] for key in keys)


def _gcp_zone(overrides: Overrides, key: str, part: str) -> None:
    zone = str(overrides.get(key, part) or "")
    if zone and zone not in (zones := gcp_account.zones(gcp_account.REGION)):
        overrides.use(key, _counterpart(zone, zones), part)


def _counterpart(zone: str, zones: Sequence[str]) -> str:
    """The zone of another region with the same number; two zones stay two."""
    return zones[(ord(zone[-1]) - ord("a")) % len(zones)]


def _restore(overrides: Overrides, data: Mapping[str, Any], *parts: str) -> None:
    """Leave out a source that the account does not have; it is read at the first update only."""
    known = {*data["snapshots"], *data["instances"]}
    named = [overrides.get("restoreFrom", part) for part in parts]
    if any(name and re.split("[:/]", str(name))[-1] not in known for name in named):
        overrides.remove("restoreFrom", reason="the sandbox has no such server or snapshot")


def _all_in(wanted: Any, known: Mapping[str, Any]) -> bool:
    return isinstance(wanted, list) and all(each in known for each in wanted)


def _is_local(url: Any) -> bool:
    """Whether a repository of charts is on this machine; anything else may need credentials."""
    host = urlsplit(str(url or "")).hostname or ""
    return host.startswith(("127.", network.PREFIX)) or host == "localhost"


def _is_foreign_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return not str(host).startswith(network.PREFIX)


OF_CLOUD: Mapping[str, Callable[[Overrides, str], None]] = {
    "aws": aws,
    "azure": azure,
    "existing": existing,
    "gcp": gcp,
}
