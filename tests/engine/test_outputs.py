"""What the outputs say of a server in each simulated cloud, and after a failover."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.providers.gcp.account import PROJECT
from tests.engine.aws import AwsStack
from tests.engine.azure import GIVEN, AzureStack
from tests.engine.cloud import CloudStack, changes
from tests.engine.gcp import GcpStack


def outputs(stack: CloudStack) -> list[Any]:
    printed = json.loads(stack._good("stack", "output", "--json"))
    return [printed[f"database{part}"] for part in ("Id", "FirewallId", "LiveZone")]


@pytest.mark.parametrize("kind", [AwsStack, AzureStack, GcpStack])
def test_outputs_follow_a_failover_without_a_refresh(
    kind: type[CloudStack], engine: dict[str, str], tmp_path: Path
) -> None:
    stack = kind(tmp_path / "coder", engine)
    stack.set(**STANDBY.get(kind, {})).up()
    id, firewall, zone = outputs(stack)
    assert (id, firewall) == identity(stack)
    before, after = ZONES[kind]
    assert zone == before
    fail_over(stack)
    said = stack.up()
    assert not changes(said), said
    assert outputs(stack) == [id, firewall, after]


STANDBY: dict[type[CloudStack], dict[str, Any]] = {
    # RDS creates no instance with a standby.
    AzureStack: {"highAvailability": True, "server": {"highAvailabilityMode": "ZoneRedundant"}},
    GcpStack: {"highAvailability": True},
}
ZONES: dict[type[CloudStack], tuple[str, str]] = {
    AwsStack: ("us-east-1a", "us-east-1b"),
    AzureStack: ("1", "2"),
    GcpStack: ("us-east1-b", "us-east1-c"),
}
"""The server's zone before and after a failover."""


def fail_over(stack: CloudStack) -> None:
    if stack.cloud_name == "aws":
        stack.happens(availabilityZone="us-east-1b")
    else:
        stack.trigger("failover")


def identity(stack: CloudStack) -> tuple[str, str]:
    """What the simulated account calls the server, and what decides who reaches it."""
    instance = stack.instance()
    match stack.cloud_name:
        case "aws":
            [group] = instance["vpcSecurityGroupIds"]
            return instance["arn"], group
        case "azure":
            return instance["id"], GIVEN["delegatedSubnetId"]
    link = f"https://sqladmin.googleapis.com/sql/v1beta4/projects/{PROJECT}/instances"
    network = instance["settings"]["ipConfiguration"]["privateNetwork"]
    return f"{link}/{instance['name']}", network
