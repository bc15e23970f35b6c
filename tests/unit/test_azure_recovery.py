"""The IDs by which recovery imports what a killed update was creating."""

from typing import Any

import pytest

from components.azure.recovery import IMPORT_IDS
from tests.unit.azure import CLUSTER_ID, NAME, SERVER_ID, SUBSCRIPTION, VNET, Azure, rid, zone

RESOURCE_ZONE = zone(f"{NAME}.private.postgres.database.azure.com")
ENDPOINT = rid("Microsoft.Network/privateEndpoints", NAME)
IDS = {
    "postgres-server": SERVER_ID,
    "postgres-parameter-azure.extensions": f"{SERVER_ID}/configurations/azure.extensions",
    "postgres-zone": RESOURCE_ZONE,
    "postgres-nodes-link": f"{RESOURCE_ZONE}/virtualNetworkLinks/{NAME}-nodes",
    "postgres-subnet": f"{VNET}/subnets/{NAME}",
    "postgres-endpoint": ENDPOINT,
    "postgres-lock": f"{SERVER_ID}/providers/Microsoft.Authorization/locks/coder",
}


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """All Azure resources of a stack with a subnet, and the endpoint of one with an endpoint."""
    cloud, other = Azure(), Azure()
    cloud.run()
    other.run(network={"privateEndpoint": {}})
    found = {each.name: each for each in (*other.asked, *cloud.asked)}
    return {name: each for name, each in found.items() if each.type.startswith("azure-native:")}


@pytest.mark.parametrize("name", IDS)
def test_id_follows_from_inputs_and_cluster(made: dict[str, Any], name: str) -> None:
    known = {"clusterIdentifier": CLUSTER_ID.lower(), **made[name].plain}
    assert IMPORT_IDS[made[name].type](known) == IDS[name]


def test_every_resource_has_an_id(made: dict[str, Any]) -> None:
    assert {each.type for each in made.values()} == IMPORT_IDS.keys()


@pytest.mark.parametrize("identifier", ["", f"{SUBSCRIPTION}#uid"])
def test_without_the_cluster_no_id_is_known(made: dict[str, Any], identifier: str) -> None:
    server = made["postgres-server"]
    known = {"clusterIdentifier": identifier, **server.plain}
    assert not IMPORT_IDS[server.type](known)
