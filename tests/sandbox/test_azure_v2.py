"""Coder v2 on Azure: a subnet that is made, a private endpoint, a killed creation."""

from tests.engine.azure import MANAGED_SUBNET
from tests.sandbox.azure import on_azure
from tests.sandbox.conftest import MakeAzure

V2 = "2.38.8"


def test_subnet_and_zone_are_made_and_removed(make_azure: MakeAzure) -> None:
    stack = make_azure(
        "az-v2", chartVersion=V2, network={"subnetRange": "10.60.12.0/28"}, highAvailability=True
    )
    stack.up_with_policies()
    on_azure(stack)
    assert stack.instance["highAvailability"]["mode"] == "SameZone"
    stack.up("--refresh", "--expect-no-changes")
    result = stack.run("destroy", "--yes")
    assert result.returncode == 0, result.stdout
    data = stack.account.read()
    assert not [
        each for each in data["subnets"].values() if each["addressPrefix"] == "10.60.12.0/28"
    ]


def test_private_endpoint_in_a_network_that_aks_manages(make_azure: MakeAzure) -> None:
    stack = make_azure(
        "az-endpoint",
        chartVersion=V2,
        cluster={"name": "managed", "resourceGroup": "coder"},
        network={"privateEndpoint": {"subnetId": MANAGED_SUBNET}},
    )
    stack.up()
    on_azure(stack)
    stack.up("--refresh", "--expect-no-changes")


def test_recover_adopts_a_server_whose_creation_was_killed(make_azure: MakeAzure) -> None:
    stack = make_azure("az-killed", chartVersion=V2, protect=True)
    stack.adopts_a_killed_creation("server")
    on_azure(stack)
    stack.unchanged()
