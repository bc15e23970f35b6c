"""What the simulated account holds, one file for each region, changed under a lock."""

import contextlib
import copy
import fcntl
import json
import os
import secrets
import string
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.cluster.topology import REGION
from sandbox.machine import network, paths, services
from sandbox.providers.framework.operation import Operation

ACCOUNT = "123456789012"
VPC = "vpc-0a1b2c3d4e5f67890"
NODES_GROUP = "sg-0c1a5738000000001"
ZONES = ("a", "b", "c")

Data = dict[str, Any]
KINDS = (
    "clusters",
    "subnets",
    "securityGroups",
    "rules",
    "subnetGroups",
    "parameterGroups",
    "instances",
    "snapshots",
)


def folder() -> Path:
    """Where the account is kept; a test has one of its own."""
    return Path(os.environ.get("SANDBOX_AWS", paths.STATE / "aws"))


def seconds() -> float:
    """How long what takes minutes on AWS takes here."""
    return float(os.environ.get("SANDBOX_AWS_SECONDS", "2"))


class Cloud:
    """One region of the account."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._file = folder() / f"{region}.json"

    @classmethod
    def of(cls, op: Operation, inputs: Data | None = None) -> "Cloud":
        """The region that the resource names, or else the provider."""
        return cls((inputs or {}).get("region") or op.config["region"]).settled()

    def settled(self) -> "Cloud":
        """The region, once all is done that a killed process had begun."""
        from sandbox.providers.aws import operations  # which itself needs this module

        operations.finish_abandoned(self)
        return self

    def look(self) -> Data:
        """All that is there, to read only."""
        if self._file.exists():
            return json.loads(self._file.read_text())
        return _seed(self.region)

    @contextlib.contextmanager
    def change(self) -> Iterator[Data]:
        """All that is there, to change; nothing is changed where the block fails."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            data = self.look()
            before = copy.deepcopy(data)
            yield data
            if data != before or not self._file.exists():
                services.write_atomically(self._file, json.dumps(data, indent=1))

    def arn(self, service: str, name: str) -> str:
        """The name of something in all of AWS."""
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{name}"


def identifier(prefix: str) -> str:
    """As EC2 makes them."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def resource_id() -> str:
    """As RDS makes them for an instance."""
    letters = string.ascii_uppercase + string.digits
    return "db-" + "".join(secrets.choice(letters) for _ in range(26))


def zones_of(data: Data, subnet_ids: list[str]) -> set[str]:
    """The zones of subnets that exist."""
    return {data["subnets"][each]["availabilityZone"] for each in subnet_ids}


def _seed(region: str) -> Data:
    """An account as it is before anything is made: in the sandbox's region, an EKS cluster."""
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
                "mapPublicIpOnLaunch": public,
                "tags": {
                    "kubernetes.io/role/elb" if public else "kubernetes.io/role/internal-elb": "1"
                },
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


def authority() -> str:
    """The cluster's CA as EKS gives it; empty before the cluster was ever up."""
    file = paths.PKI / "ca.crt"
    return b64encode(file.read_bytes()).decode() if file.exists() else ""
