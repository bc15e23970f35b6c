"""The documents on Azure: permissions, sizes and names are those of the program."""

import contextlib
import fnmatch
import re
from typing import Any

import pulumi
import pytest

from components.azure import ids, machines
from components.azure.names import server_name
from tests.conftest import ROOT
from tests.unit.azure import (
    CLUSTER_ID,
    CONFIGURATION,
    DELEGATED,
    ENDPOINT,
    IDENTITY,
    KEY,
    LINK,
    LOCK,
    OWN_ZONE,
    RANGE,
    RECORD,
    SERVER,
    SUBNET,
    ZONE,
    Azure,
    zone,
)
from tests.unit.stacks import Stack

POSTGRES = "Microsoft.DBforPostgreSQL"
NETWORK = "Microsoft.Network"
READS = {
    "azure-native:containerservice:getManagedCluster": "Microsoft.ContainerService/managedClusters",
    "azure-native:dbforpostgresql:getServer": f"{POSTGRES}/flexibleServers",
    "azure-native:network:getSubnet": f"{NETWORK}/virtualNetworks/subnets",
    "azure-native:network:getVirtualNetwork": f"{NETWORK}/virtualNetworks",
    "azure-native:privatedns:getPrivateZone": f"{NETWORK}/privateDnsZones",
}
"""The resource type that each look-up reads."""
RESULTS = f"{NETWORK}/locations/operations/read"
DNS_RESULTS = (
    f"{NETWORK}/privateDnsOperationResults/read",
    f"{NETWORK}/privateDnsOperationStatuses/read",
)
JOIN_SUBNET = f"{NETWORK}/virtualNetworks/subnets/join/action"
JOIN_ZONE = f"{NETWORK}/privateDnsZones/join/action"
MAKES: dict[str, tuple[str, tuple[str, ...]]] = {
    SERVER: (f"{POSTGRES}/flexibleServers", (f"{POSTGRES}/locations/azureAsyncOperation/read",)),
    CONFIGURATION: (f"{POSTGRES}/flexibleServers/configurations", ()),
    ZONE: (f"{NETWORK}/privateDnsZones", DNS_RESULTS),
    LINK: (
        f"{NETWORK}/privateDnsZones/virtualNetworkLinks",
        (*DNS_RESULTS, f"{NETWORK}/virtualNetworks/join/action"),
    ),
    SUBNET: (f"{NETWORK}/virtualNetworks/subnets", (RESULTS,)),
    ENDPOINT: (
        f"{NETWORK}/privateEndpoints",
        (
            RESULTS,
            JOIN_SUBNET,
            f"{POSTGRES}/flexibleServers/privateEndpointConnectionsApproval/action",
        ),
    ),
    RECORD: (f"{NETWORK}/privateEndpoints/privateDnsZoneGroups", (RESULTS, JOIN_ZONE)),
    LOCK: ("Microsoft.Authorization/locks", ()),
}
"""The resource type of each resource, and what its requests need beside its own operations.

https://learn.microsoft.com/azure/role-based-access-control/permissions/networking
"""
ZONE_MADE = "a private DNS zone and its links, without `network.privateDnsZoneId`"
ZONE_GIVEN = "the use of `network.privateDnsZoneId`"
STACKS: list[tuple[Stack, tuple[str, ...]]] = [
    ({"network": RANGE}, (ZONE_MADE, "`network.subnetRange`")),
    ({"network": {"delegatedSubnetId": DELEGATED, "privateDnsZoneId": OWN_ZONE}},
     (ZONE_GIVEN, "`network.delegatedSubnetId`")),
    ({"network": {"privateEndpoint": {}}}, (ZONE_MADE, "`network.privateEndpoint`")),
    ({"network": {"privateEndpoint": {},
                  "privateDnsZoneId": zone("privatelink.postgres.database.azure.com")}},
     (ZONE_GIVEN, "`network.privateEndpoint`")),
    ({"server": {"keyUri": KEY, "identityId": IDENTITY}},
     (ZONE_MADE, "`network.subnetRange`", "`server.keyUri`")),
    ({"restoreFrom": {"server": "old"}}, (ZONE_MADE, "`network.subnetRange`")),
]  # fmt: skip
"""Settings, and the rows of the document's table that are for them."""


class Recorder(Azure):
    """Records the look-ups."""

    def __init__(self) -> None:
        super().__init__()
        self.zones["privatelink.postgres.database.azure.com"] = 1
        self.tokens: set[str] = set()

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token.startswith("azure-native:"):
            self.tokens.add(args.token)
        return super().call(args)


def needed(settings: Stack) -> set[str]:
    """The permissions of all requests of a stack."""
    cloud = Recorder()
    with contextlib.suppress(pulumi.RunError):  # a restore ends with it
        cloud.run(**settings)
    found = {f"{READS[token]}/read" for token in cloud.tokens}
    for each in cloud.asked:
        if each.type.startswith("azure-native:"):
            kind, others = MAKES[each.type]
            found |= {f"{kind}/{operation}" for operation in ("read", "write", "delete")}
            found |= set(others)
    network = cloud.named("postgres-server").plain["network"]
    found |= {JOIN_SUBNET, JOIN_ZONE} if "delegatedSubnetResourceId" in network else set()
    if "identity" in cloud.named("postgres-server").plain:
        found.add("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action")
    return found


def document(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text()


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def table() -> dict[str, list[str]]:
    """The document's permissions, by what they are for."""
    cells = rows(document("azure").split("## Sizes")[0])
    return {what: re.findall(r"`(Microsoft\.\S+)`", text) for what, text in cells}


@pytest.mark.parametrize(("settings", "whats"), STACKS)
def test_permissions_are_enough(settings: Stack, whats: tuple[str, ...]) -> None:
    found = table()
    given = {
        each.lower() for what in ("always", "the management lock", *whats) for each in found[what]
    }
    missing = {
        each for each in needed(settings)
        if not any(fnmatch.fnmatchcase(each.lower(), one) for one in given)
    }  # fmt: skip
    assert not missing


def test_every_row_is_of_use() -> None:
    """A row that nothing needs would ask for rights in vain."""
    asked = {each.lower() for settings, _ in STACKS for each in needed(settings)}
    for what, permissions in table().items():
        for permission in permissions:
            assert fnmatch.filter(asked, permission.lower()), f"{what}: {permission}"


def test_sizes_are_those_of_the_program() -> None:
    text = document("azure").split("## Sizes")[1].split("## Where it goes")[0]
    _, *cells = rows(text)
    found = {size.strip("`"): others[:3] for size, *others in cells}
    assert found.keys() == machines.SIZES.keys()
    for size, (sku, shape, connections) in found.items():
        assert sku == machines.SIZES[size]
        assert shape.endswith(f", {machines.memory_gib(sku)} GiB")
        usable = (machines.max_connections(sku) or 0) - machines.RESERVED
        assert connections == f"{usable:,}"


def test_names_of_servers_have_the_form_that_the_program_gives_them() -> None:
    [restored] = re.findall(r"restoreFrom\.server (\S+)", document("runbook"))
    texts = f"{restored} {document('sandbox').split('## Azure')[1]}"
    found = re.findall(r"\bcoder-[a-z-]+-[0-9a-f]{8}\b", texts)
    assert len(found) > 1
    made = (
        server_name(f"coder/{stack}", ids.parse(CLUSTER_ID), "x") for stack in ("prod", "azure")
    )
    assert {name[:-8] for name in found} == {name[:-8] for name in made}
