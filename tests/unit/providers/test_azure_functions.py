"""Functions of the simulated Azure agree with the SDK."""

import inspect
import re
from typing import Any

import pulumi_azure_native as azure
import pytest

from sandbox.machine import network
from sandbox.providers.azure_native.lookups import ANSWERS, CLIENT
from sandbox.providers.azure_native.provider import AzureNative
from tests.unit.providers.azure import CLOUD, NODES, SUBNET, ask, made, operation, refused
from tests.unit.providers.published import is_of, optional_type, results

FUNCTIONS: dict[str, Any] = {
    "azure-native:containerservice:getManagedCluster": azure.containerservice.get_managed_cluster,
    "azure-native:network:getVirtualNetwork": azure.network.get_virtual_network,
    "azure-native:network:getSubnet": azure.network.get_subnet,
    "azure-native:privatedns:getPrivateZone": azure.privatedns.get_private_zone,
    "azure-native:privatedns:getVirtualNetworkLink": azure.privatedns.get_virtual_network_link,
    "azure-native:dbforpostgresql:getServer": azure.dbforpostgresql.get_server,
    "azure-native:dbforpostgresql:getConfiguration": azure.dbforpostgresql.get_configuration,
    "azure-native:authorization:getClientConfig": azure.authorization.get_client_config,
}
GIVEN = {
    "configurationName": "work_mem",
    "privateZoneName": "coder.private.postgres.database.azure.com",
    "resourceGroupName": "coder",
    "resourceName": "dev",
    "serverName": "one",
    "subnetName": "postgres",
    "virtualNetworkLinkName": "coder-vnet",
    "virtualNetworkName": "coder-vnet",
}


def arguments(token: str) -> dict[str, str]:
    """Valid arguments of a function."""
    template = ANSWERS[token][0] if token in ANSWERS else ""
    return {key: GIVEN[key] for key in re.findall(r"{(\w+)}", template) if key in GIVEN}


def python(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def test_simulated_functions_exist_in_the_sdk() -> None:
    assert set(AzureNative.functions) == {*ANSWERS, CLIENT} == set(FUNCTIONS)


@pytest.mark.parametrize("token", FUNCTIONS)
def test_function_has_the_sdks_arguments_and_results(token: str) -> None:
    made("Server")
    given = arguments(token)
    published = set(inspect.signature(FUNCTIONS[token]).parameters) - {"opts", "expand"}
    assert {python(key) for key in given} == published
    types = results(FUNCTIONS[token])
    found = AzureNative.functions[token](operation(), given)
    assert found.keys() <= types.keys()
    for key, value in found.items():
        assert is_of(value, types[key]), (key, value)
    assert {key for key, type in types.items() if not optional_type(type)} <= found.keys()


@pytest.mark.parametrize("token", ANSWERS)
def test_missing_object_is_an_error_with_the_providers_message(token: str) -> None:
    last = re.findall(r"{(\w+)}", ANSWERS[token][0])[-1]
    given = arguments(token) | {last: "none"}
    made("Server")
    said = refused(lambda: AzureNative.functions[token](operation(), given))
    start = f"invocation of {token} returned an error: request failed /subscriptions/{CLOUD.scope}/"
    assert said.startswith(start)
    assert ': Status=404 Code="ResourceNotFound" Message="The Resource \'Microsoft.' in said
    assert "under resource group 'coder' was not found. For more details" in said
    given["resourceGroupName"] = "none"
    said = refused(lambda: AzureNative.functions[token](operation(), given))
    assert 'Code="ResourceGroupNotFound" Message="Resource group \'none\' could not' in said


def test_unknown_argument_is_not_simulated() -> None:
    token = "azure-native:network:getSubnet"
    given = {**arguments(token), "expand": "x"}
    assert "not simulated: argument expand" in refused(
        lambda: AzureNative.functions[token](operation(), given)
    )
    assert "missing required property" in refused(
        lambda: AzureNative.functions[token](operation(), {})
    )


def test_cluster_with_its_own_network_names_its_subnet() -> None:
    dev = ask("containerservice:getManagedCluster", resourceGroupName="coder", resourceName="dev")
    pools = [
        (each["availabilityZones"], each["count"], each["vnetSubnetID"])
        for each in dev["agentPoolProfiles"]
    ]
    assert pools == [(["1"], 2, NODES), (["2"], 1, NODES)]
    assert f"https://{dev['fqdn']}" == network.API_URL
    assert dev["nodeResourceGroup"] == "MC_coder_dev_westeurope"


def test_cluster_with_a_managed_network_names_none() -> None:
    managed = ask(
        "containerservice:getManagedCluster", resourceGroupName="coder", resourceName="managed"
    )
    assert "vnetSubnetID" not in managed["agentPoolProfiles"][0]
    found = ask(
        "network:getVirtualNetwork",
        resourceGroupName=managed["nodeResourceGroup"],
        virtualNetworkName="aks-vnet-12345678",
    )
    (only,) = found["subnets"]
    assert only["name"] == "aks-subnet"


def test_network_lists_its_subnets_with_their_delegations() -> None:
    made("Server")
    found = ask("network:getVirtualNetwork", **arguments("azure-native:network:getVirtualNetwork"))
    subnets = {each["name"]: each for each in found["subnets"]}
    assert subnets["postgres"]["id"] == SUBNET
    (delegation,) = subnets["postgres"]["delegations"]
    assert delegation["serviceName"] == "Microsoft.DBforPostgreSQL/flexibleServers"
    assert subnets["postgres"]["serviceAssociationLinks"]
    assert not subnets["nodes"]["serviceAssociationLinks"]


def test_server_is_read_without_its_password() -> None:
    made("Server", tags={"a": "b"})
    found = ask("dbforpostgresql:getServer", resourceGroupName="coder", serverName="one")
    assert found["tags"] == {"a": "b"}
    assert "administratorLoginPassword" not in found
    assert found["state"] == "Ready"


def test_client_names_the_subscription() -> None:
    assert ask("authorization:getClientConfig")["subscriptionId"] == CLOUD.scope
