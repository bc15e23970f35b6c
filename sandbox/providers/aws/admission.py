"""Whether an instance's security groups admit the cluster's nodes."""

from sandbox.providers.aws.account import Data, nodes_groups


def admits(data: Data, instance: Data, port: int) -> bool:
    """Whether the nodes of any cluster may connect to the instance."""
    nodes = nodes_groups(data)
    return any(
        rule["securityGroupId"] in instance["vpcSecurityGroupIds"]
        and rule.get("referencedSecurityGroupId") in nodes
        and (
            rule["ipProtocol"] == "-1"
            or (rule["ipProtocol"] == "tcp" and rule["fromPort"] <= port <= rule["toPort"])
        )
        for rule in data["rules"].values()
    )
