"""Nobody but the cluster may connect to a server."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from .policies import Properties, resource_policy
from .servers import azure_type, cloud_of, expected
from .values import at, known, leaves

PORT = 5432
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
GROUPS = (
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
)
AZURE_RULE = azure_type("dbforpostgresql:FirewallRule")
ENDPOINT = azure_type("network:PrivateEndpoint")
SOURCES = {
    "cidrIpv4": "addresses",
    "cidrIpv6": "addresses",
    "cidrBlocks": "addresses",
    "ipv6CidrBlocks": "addresses",
    "prefixListId": "a prefix list",
    "prefixListIds": "a prefix list",
}
"""The properties of a rule that admit something else than a security group."""

CLIENTS = {
    "aws": ("referencedSecurityGroupId", "sourceSecurityGroupId", "securityGroups"),
    "azure": ("network.delegatedSubnetResourceId",),
    "gcp": ("settings.ipConfiguration.privateNetwork",),
}
"""The properties, of rules in AWS and of servers elsewhere, that name who may connect."""


def check(args: ResourceValidationArgs) -> Iterator[str]:
    """One line for each way into a database that does not begin in the cluster."""
    kind, inputs = args.resource_type, args.props
    if kind == INGRESS_RULE or (kind == OLD_RULE and at(inputs, "type") == "ingress"):
        yield from _ingress(inputs, "", args.get_config())
    elif kind in GROUPS:
        for index, rule in known(at(inputs, "ingress", [])):
            yield from _ingress(rule, f"ingress[{index}].", args.get_config())
    elif AZURE_RULE.fullmatch(kind):
        yield (
            "a firewall rule of the server admits public addresses; remove it, and let the cluster "
            "connect through a delegated subnet or a private endpoint"
        )
    elif ENDPOINT.fullmatch(kind) and _leads_to_a_server(inputs):
        yield from _others(inputs, ("subnet.id",), "", args.get_config())
    elif cloud := cloud_of(kind, inputs):
        if cloud in _SERVERS:
            yield from _SERVERS[cloud](inputs)
        if cloud != "aws":
            yield from _others(inputs, CLIENTS[cloud], "", args.get_config())


def _others(
    inputs: Properties, paths: tuple[str, ...], prefix: str, config: Properties
) -> Iterator[str]:
    """Who may connect, but is not among the clients that the policy's configuration names."""
    clients = tuple(str(each) for _, each in known(at(config, "clients", [])))
    for path in paths if clients else ():
        named = at(inputs, path)
        for name in [named] if isinstance(named, str) else [each for _, each in known(named)]:
            if not name.startswith(clients):
                yield (
                    f"{prefix}{path}: is {name}, not in clients of this policy; remove it, or add "
                    "it there"
                )


def _leads_to_a_server(endpoint: Properties) -> bool:
    return any(text == "postgresqlServer" for _, text in leaves(endpoint))


def _ingress(rule: Properties, prefix: str, config: Properties) -> Iterator[str]:
    """RDS: a rule for PostgreSQL's port must name the security group of the cluster's nodes."""
    if not _opens_port(rule):
        return
    # Iterating reads no value: an address may be unknown at preview.
    for name in sorted(SOURCES.keys() & set(rule)):
        if at(rule, name):
            yield (
                f"{prefix}{name}: admits {SOURCES[name]} to port {PORT}; name the security group "
                "of the cluster's nodes instead (setting network.clientSecurityGroupIds)"
            )
    yield from _others(rule, CLIENTS["aws"], prefix, config)


def _opens_port(rule: Properties) -> bool:
    protocol = str(at(rule, "ipProtocol") or at(rule, "protocol", "tcp"))
    if protocol in ("-1", "all"):
        return True
    first, last = at(rule, "fromPort", 0), at(rule, "toPort", 65535)
    # -1 as the first port means all ports.
    return protocol in ("tcp", "6") and (first < 0 or first <= PORT <= last)


def _aws(inputs: Properties) -> Iterator[str]:
    """RDS: without a group of its own, an instance has the VPC's default group."""
    if not {"vpcSecurityGroupIds", "replicateSourceDb"} & set(inputs):
        yield (
            "vpcSecurityGroupIds: is not set, so the VPC's default security group decides who "
            "connects; set it to a group that admits only the cluster's nodes"
        )


def _gcp(inputs: Properties) -> Iterator[str]:
    """Cloud SQL: nothing but the private network reaches it."""
    own = "settings.ipConfiguration"
    networks = at(inputs, f"{own}.authorizedNetworks", [])
    if len(networks):
        yield f"{own}.authorizedNetworks: admits addresses outside the network; remove it"
    path = f"{own}.enablePrivatePathForGoogleCloudServices"
    yield from expected(inputs, path, False, default=False)
    if not {"privateNetwork", "pscConfigs"} & set(at(inputs, own, {})):
        yield f"{own}.privateNetwork: is not set; set it to the cluster's network"


_SERVERS = {"aws": _aws, "gcp": _gcp}

POLICY = resource_policy(
    "cluster-only",
    "Nobody but the cluster may connect to a database.",
    check,
    {
        "clients": {
            "type": "array",
            "items": {"type": "string"},
            "description": "How the IDs of all security groups, networks or subnets begin that may "
            "connect; empty: any of them, but no addresses",
        }
    },
)
