"""The simulated project: its IDs and its initial content."""

import secrets

from sandbox.machine import network
from sandbox.providers.cloud.account import Data

PROJECT = "coder-sandbox-123456"
NUMBER = "123456789012"
REGION = "us-east1"
ZONES = {
    "us-central1": ("a", "b", "c", "f"),
    "us-east1": ("b", "c", "d"),
    "europe-west1": ("b", "c", "d"),
}
"""The zones of each region."""
SERVICE = "servicenetworking.googleapis.com"
PEERING = "servicenetworking-googleapis-com"
RANGE = "google-managed-services-dev"

KINDS = ("addresses", "clusters", "connections", "deleted", "instances", "networks", "snapshots")


def zones(region: str) -> list[str]:
    """The names of a region's zones; none of an unknown region."""
    return [f"{region}-{letter}" for letter in ZONES.get(region, ())]


def region_of(location: str) -> str:
    """The region of a zone or region."""
    return "-".join(location.split("-")[:2])


def uid() -> str:
    """A new identifier of an instance, as in its DNS name."""
    return secrets.token_hex(6)


def compute_link(path: str) -> str:
    """The URI of a resource of the Compute Engine."""
    return f"https://www.googleapis.com/compute/v1/{path}"


def sql_link(path: str) -> str:
    """The URI of a resource of Cloud SQL."""
    return f"https://sqladmin.googleapis.com/sql/v1beta4/{path}"


def seed(project: str) -> Data:
    """The initial content of a project; the sandbox's own has networks and GKE clusters."""
    data: Data = {kind: {} for kind in KINDS}
    if project != PROJECT:
        return data
    for name in ("dev", "bare"):
        data["networks"][name] = {}
    data["addresses"][RANGE] = {
        "address": "10.90.0.0",
        "addressType": "INTERNAL",
        "name": RANGE,
        "network": compute_link(f"projects/{project}/global/networks/dev"),
        "prefixLength": 16,
        "purpose": "VPC_PEERING",
    }
    data["connections"]["dev"] = {"ranges": [RANGE]}
    # A regional cluster starts its number of nodes in each of a pool's zones.
    data["clusters"][f"{REGION}/dev"] = _cluster("dev", ["b", "c"], {"pool-b": "b", "pool-c": "c"})
    data["clusters"][f"{REGION}/dev"]["nodePools"]["pool-b"]["count"] = 2
    data["clusters"][f"{REGION}-b/dev-zonal"] = _cluster("dev", [], {"pool-b": "b"})
    data["clusters"][f"{REGION}-b/bare"] = _cluster("bare", [], {"pool-b": "b"})
    return data


def _cluster(vpc: str, letters: list[str], pools: dict[str, str]) -> Data:
    return {
        "endpoint": network.API_URL.removeprefix("https://"),
        "network": vpc,
        "networkingMode": "VPC_NATIVE",
        "nodeLocations": [f"{REGION}-{letter}" for letter in letters],
        "nodePools": {
            name: {"zones": [f"{REGION}-{letter}"], "count": 1} for name, letter in pools.items()
        },
        "version": "1.34.1-gke.1000",
    }
