"""Functions that look up subnets and their routes, subnet groups, and launch templates."""

from sandbox.providers.aws.account import ACCOUNT, Data, seed
from sandbox.providers.aws.region import Region
from sandbox.providers.bridged.functions import NotFound

_TARGETS = """
carrierGatewayId cidrBlock coreNetworkArn destinationPrefixListId egressOnlyGatewayId gatewayId
instanceId ipv6CidrBlock localGatewayId natGatewayId networkInterfaceId odbNetworkArn
transitGatewayId vpcEndpointId vpcPeeringConnectionId
"""
MAIN = [{"name": "association.main", "values": ["true"]}]


def subnet(region: Region, data: Data, arguments: Data) -> Data:
    """One subnet, by its ID; other filters are not simulated."""
    found = data["subnets"].get(arguments["id"])
    if not found:
        raise NotFound("no matching EC2 Subnet found")
    arn = region.arn("ec2", f"subnet/{arguments['id']}")
    return {"arn": arn, "ownerId": ACCOUNT, "state": "available", "defaultForAz": False, **found}


def subnet_group(region: Region, data: Data, arguments: Data) -> Data:
    """One subnet group of RDS."""
    name = arguments["name"]
    found = data["subnetGroups"].get(name)
    if not found:
        raise NotFound("no matching RDS DB Subnet Group found")
    same = ("arn", "description", "subnetIds", "vpcId")
    return {"id": name, "status": "Complete", **{key: found[key] for key in same if key in found}}


def route_table(region: Region, data: Data, arguments: Data) -> Data:
    """The route table of a subnet, or a VPC's main one; other filters are not simulated."""
    subnet_id, vpc_id = arguments.get("subnetId"), arguments.get("vpcId")
    if (bool(subnet_id), arguments.get("filters")) not in ((True, None), (False, MAIN)):
        raise NotFound("not simulated: a route table by anything but subnetId, or main of a vpcId")
    found = {
        id: table
        # An account that an earlier version of the sandbox made has no route tables.
        for id, table in (data.get("routeTables") or seed(region.scope)["routeTables"]).items()
        if (subnet_id in table["subnetIds"] if subnet_id else table["main"])
        and vpc_id in (None, table["vpcId"])
    }
    if not found:
        # Also for a subnet that uses the main route table: no association names it.
        raise NotFound(
            "query returned no results. Please change your search criteria and try again"
        )
    ((id, table),) = found.items()
    return {
        "id": id,
        "arn": region.arn("ec2", f"route-table/{id}"),
        "routeTableId": id,
        "vpcId": table["vpcId"],
        "subnetId": subnet_id or "",
        "ownerId": ACCOUNT,
        "routes": [{**dict.fromkeys(_TARGETS.split(), ""), **route} for route in table["routes"]],
        "tags": {},
    }


def launch_template(region: Region, data: Data, arguments: Data) -> Data:
    """The newest version of a launch template, by its ID."""
    found = data.get("launchTemplates", {}).get(arguments["id"])
    if not found:
        raise NotFound("no matching EC2 Launch Template found")
    return {
        "arn": region.arn("ec2", f"launch-template/{arguments['id']}"),
        "defaultVersion": 1,
        "latestVersion": found["latestVersion"],
        "name": found["name"],
        "networkInterfaces": [],
        "vpcSecurityGroupIds": found["vpcSecurityGroupIds"],
        "tags": {},
    }
