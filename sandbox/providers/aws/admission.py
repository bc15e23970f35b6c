"""Whom security groups let in to which server; without the engine, for the firewall asks too."""

import re
from typing import Any

Data = dict[str, Any]
RDS_NAME = re.compile(r"db-[a-z0-9]{26}")
"""What the server of an instance is called."""


def name_of(instance: Data) -> str:
    """The server's name: the resource id never changes, an identifier can."""
    return str(instance["resourceId"]).lower()


def admits(data: Data, instance: Data, port: int) -> bool:
    """Whether the nodes of any cluster may connect to the instance."""
    nodes = {each["clusterSecurityGroupId"] for each in data["clusters"].values()}
    return any(
        rule["securityGroupId"] in instance["vpcSecurityGroupIds"]
        and rule.get("referencedSecurityGroupId") in nodes
        and (
            rule["ipProtocol"] == "-1"
            or (rule["ipProtocol"] == "tcp" and rule["fromPort"] <= port <= rule["toPort"])
        )
        for rule in data["rules"].values()
    )
