"""The network of a flexible server: subnet, private DNS zone, private endpoint, and refusals."""

from typing import Any

import pytest

from tests.unit.azure import (
    AKS_SUBNET,
    CLUSTER_ID,
    DELEGATED,
    ENDPOINT,
    LINK,
    NAME,
    NODES,
    OWN_ZONE,
    RECORD,
    SERVER_ID,
    SERVERS,
    SUBNET,
    SUBSCRIPTION,
    VNET,
    ZONE,
    Azure,
    vnet,
    zone,
)
from tests.unit.stacks import Stack

OTHER = SUBSCRIPTION.replace("0", "9")
GONE = zone("gone.private.postgres.database.azure.com")
ENDPOINT_ZONE = "privatelink.postgres.database.azure.com"


@pytest.fixture
def cloud() -> Azure:
    return Azure()


def test_subnet_is_made_for_the_server_alone(cloud: Azure) -> None:
    server = cloud.run()
    (subnet,) = cloud.all(SUBNET)
    assert subnet.plain["resourceGroupName"] == "coder"
    assert subnet.plain["virtualNetworkName"] == "coder-vnet"
    assert subnet.plain["subnetName"] == NAME
    assert subnet.plain["addressPrefix"] == "10.60.8.0/28"
    assert [each["serviceName"] for each in subnet.plain["delegations"]] == [SERVERS]
    assert [each["service"] for each in subnet.plain["serviceEndpoints"]] == ["Microsoft.Storage"]
    assert server["network"] == {
        "delegatedSubnetResourceId": "postgres-subnet-1a2b3c",
        "privateDnsZoneArmResourceId": "postgres-zone-1a2b3c",
        "publicNetworkAccess": "Disabled",
    }


def test_zone_is_made_and_linked_before_the_server(cloud: Azure) -> None:
    cloud.run()
    (zone_made,) = cloud.all(ZONE)
    name = f"{NAME}.private.postgres.database.azure.com"
    assert (zone_made.plain["privateZoneName"], zone_made.plain["location"]) == (name, "Global")
    (link,) = cloud.all(LINK)
    assert link.plain["privateZoneName"] == name
    assert link.plain["virtualNetwork"] == {"id": VNET}
    assert (link.plain["registrationEnabled"], link.plain["location"]) == (False, "Global")
    assert link.urn in cloud.named("postgres-server").dependencies


def test_given_subnet_and_zone_are_used_and_nothing_is_made(cloud: Azure) -> None:
    server = cloud.run(network={"delegatedSubnetId": DELEGATED, "privateDnsZoneId": OWN_ZONE})
    assert server["network"] == {
        "delegatedSubnetResourceId": DELEGATED,
        "privateDnsZoneArmResourceId": OWN_ZONE,
        "publicNetworkAccess": "Disabled",
    }
    assert not [each for each in cloud.asked if each.type in (SUBNET, ZONE, LINK, ENDPOINT)]


def test_zone_is_linked_to_the_network_of_a_peered_subnet_too(cloud: Azure) -> None:
    hub = vnet("hub", group="network")
    cloud.networks["hub"] = cloud.networks["coder-vnet"] | {"subnets": [{
        "name": "postgres", "addressPrefix": "10.70.0.0/28",
        "delegations": [{"serviceName": SERVERS.lower()}],
    }]}  # fmt: skip
    peering = {"remoteVirtualNetwork": {"id": hub.upper()}}
    cloud.networks["coder-vnet"]["virtualNetworkPeerings"] = [peering]
    cloud.run(network={"delegatedSubnetId": f"{hub}/subnets/postgres"})
    links = {each.name: each.plain["virtualNetwork"]["id"] for each in cloud.all(LINK)}
    assert links == {"postgres-nodes-link": VNET, "postgres-server-link": hub}
    del cloud.networks["coder-vnet"]["virtualNetworkPeerings"]
    again = Azure()
    again.networks = cloud.networks
    (line,) = again.refuses(network={"delegatedSubnetId": f"{hub}/subnets/postgres"})
    assert line.startswith(
        "network.delegatedSubnetId: is in hub, which is not peered with coder-vnet, the network of "
        "the nodes; type `az network vnet peering create`"
    )


@pytest.mark.parametrize("subnet", ["", DELEGATED.replace("postgres", "other")])
def test_private_endpoint_is_in_the_subnet_of_the_nodes_or_the_given_one(
    cloud: Azure, subnet: str
) -> None:
    other = {"name": "other", "addressPrefix": "10.60.5.0/24"}
    cloud.networks["coder-vnet"]["subnets"].append(other)
    given = {"subnetId": subnet} if subnet else {}
    server = cloud.run(network={"privateEndpoint": given})
    assert server["network"] == {"publicNetworkAccess": "Disabled"}
    (endpoint,) = cloud.all(ENDPOINT)
    assert endpoint.plain["subnet"]["id"] == (subnet or NODES)
    assert endpoint.plain["location"] == "westeurope"
    (connection,) = endpoint.plain["privateLinkServiceConnections"]
    assert connection["privateLinkServiceId"] == SERVER_ID
    assert connection["groupIds"] == ["postgresqlServer"]
    (zone_made,) = cloud.all(ZONE)
    assert zone_made.plain["privateZoneName"] == ENDPOINT_ZONE
    (record,) = cloud.all(RECORD)
    assert record.plain["privateEndpointName"] == "postgres-endpoint-1a2b3c"
    (config,) = record.plain["privateDnsZoneConfigs"]
    assert config["privateDnsZoneId"] == "postgres-zone-1a2b3c"
    (link,) = cloud.all(LINK)
    assert link.plain["virtualNetwork"] == {"id": VNET}
    assert link.urn in record.dependencies
    assert not cloud.all(SUBNET)


def test_private_endpoint_takes_a_given_zone(cloud: Azure) -> None:
    given = zone(ENDPOINT_ZONE, group="hub", subscription=OTHER)
    cloud.run(network={"privateEndpoint": {}, "privateDnsZoneId": given})
    (record,) = cloud.all(RECORD)
    assert record.plain["privateDnsZoneConfigs"][0]["privateDnsZoneId"] == given
    assert not cloud.all(ZONE) + cloud.all(LINK)


def test_endpoint_in_a_network_that_aks_manages(cloud: Azure) -> None:
    cloud.aks_managed()
    cloud.run(network={"privateEndpoint": {"subnetId": AKS_SUBNET}})
    (endpoint,) = cloud.all(ENDPOINT)
    assert endpoint.plain["subnet"]["id"] == AKS_SUBNET
    assert endpoint.plain["resourceGroupName"] == "coder", "AKS's own group is AKS's"
    (link,) = cloud.all(LINK)
    assert link.plain["virtualNetwork"] == {"id": AKS_SUBNET.removesuffix("/subnets/aks-subnet")}


AKS_CURE = (
    "type `pulumi config set --path network.privateEndpoint.subnetId …` with the ID that `az "
    "network vnet list --resource-group MC_coder_dev_westeurope --query '[].subnets[].id'` prints"
)
MANAGED: list[tuple[Stack, str]] = [
    ({}, f"network: missing, and AKS manages the network of dev; {AKS_CURE}"),
    ({"privateEndpoint": {}},
     "network.privateEndpoint.subnetId: missing, and AKS manages the network of dev; " + AKS_CURE),
    ({"subnetRange": "10.225.0.0/28"},
     "network.subnetRange: AKS manages the network of dev, and no subnet of ours may be there; "
     f"remove it, and {AKS_CURE}"),
    ({"delegatedSubnetId": DELEGATED},
     "network.privateDnsZoneId: missing, and AKS manages the network of dev; set it to a zone that "
     "you have linked to that network"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "line"), MANAGED)
def test_no_subnet_is_made_in_a_network_that_aks_manages(
    cloud: Azure, network: Stack, line: str
) -> None:
    cloud.aks_managed()
    assert cloud.refuses(network=network) == [line]


FAR = NODES.replace(SUBSCRIPTION, OTHER)
FAR_CURE = (
    "set network.privateEndpoint.subnetId or network.delegatedSubnetId to a subnet of subscription "
    f"{SUBSCRIPTION}, in a network that is peered with it"
)
DISTANT: list[tuple[Stack, str]] = [
    ({}, f"network: missing, and the network of dev is in another subscription; {FAR_CURE}"),
    ({"subnetRange": "10.60.8.0/28"},
     "network.subnetRange: the network of dev is in another subscription, and no subnet of ours "
     f"may be there; remove it, and {FAR_CURE}"),
    ({"privateEndpoint": {}},
     f"network.privateEndpoint.subnetId: is in subscription {OTHER}, must be in {SUBSCRIPTION}, "
     "the cluster's"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "line"), DISTANT)
def test_network_of_another_subscription_is_not_used(
    cloud: Azure, network: Stack, line: str
) -> None:
    cloud.pools = [{"name": "one", "count": 2, "availabilityZones": ["1"], "vnetSubnetID": FAR}]
    assert cloud.refuses(network=network) == [line]


def test_zone_is_linked_to_the_network_of_another_subscription(cloud: Azure) -> None:
    cloud.pools = [{"name": "one", "count": 2, "availabilityZones": ["1"], "vnetSubnetID": FAR}]
    cloud.run(network={"delegatedSubnetId": DELEGATED})
    links = {each.name: each.plain["virtualNetwork"]["id"] for each in cloud.all(LINK)}
    far = FAR.removesuffix("/subnets/nodes")
    assert links == {"postgres-nodes-link": far, "postgres-server-link": VNET}


def given(subnet: str = DELEGATED, zone_id: str = OWN_ZONE) -> dict[str, Any]:
    return {"delegatedSubnetId": subnet, "privateDnsZoneId": zone_id}


WRONG: list[tuple[Stack, str]] = [
    ({}, "network: missing; to have a subnet made in coder-vnet: `pulumi config set --path "
     "network.subnetRange 10.60.255.240/28`; or set network.delegatedSubnetId, or "
     "network.privateEndpoint"),
    ({"subnetRange": "10.60.8.0/28", "privateEndpoint": {}},
     "network: set only one of delegatedSubnetId, subnetRange and privateEndpoint"),
    ({"subnetRange": "10.60.8.0"}, "network.subnetRange: is 10.60.8.0, must be a range of /28"),
    ({"subnetRange": "10.60.8.1/28"}, 'network.subnetRange: is "10.60.8.1/28", must be an IPv4 '
     "range such as 10.0.8.0/28: 10.60.8.1/28 has host bits set"),
    ({"subnetRange": "10.60.8.0/29"},
     "network.subnetRange: is 10.60.8.0/29, must be a range of /28 or larger"),
    ({"subnetRange": "10.61.0.0/28"},
     "network.subnetRange: is 10.61.0.0/28, must be in 10.60.0.0/16, the addresses of coder-vnet"),
    ({"subnetRange": "10.60.3.0/28"},
     "network.subnetRange: is 10.60.3.0/28, and 10.60.0.0/22 is in use there; 10.60.255.240/28 is"),
    ({"delegatedSubnetId": "postgres"},
     'network.delegatedSubnetId: is "postgres", must be the ID of a resource of type '
     "Microsoft.Network/virtualNetworks/subnets (/subscriptions/…)"),
    ({"delegatedSubnetId": VNET}, f'network.delegatedSubnetId: is "{VNET}", must be the ID of a'),
    ({"privateEndpoint": {"subnetId": "nodes"}},
     'network.privateEndpoint.subnetId: is "nodes", must be the ID of a resource of type'),
    (given(zone_id="coder.private"), 'network.privateDnsZoneId: is "coder.private", must be the'),
    (given(NODES),
     f"network.delegatedSubnetId: nodes is not delegated to {SERVERS}; type `az network vnet "
     f"subnet update --ids {NODES} --delegations {SERVERS}`"),
    (given(f"{VNET}/subnets/gone"),
     f"network.delegatedSubnetId: {VNET}/subnets/gone can't be looked up: "),
    (given(DELEGATED.replace(SUBSCRIPTION, OTHER)),
     f"network.delegatedSubnetId: is in subscription {OTHER}, must be in {SUBSCRIPTION}"),
    (given(zone_id=zone("coder.example.com")),
     "network.privateDnsZoneId: is coder.example.com, must end in .postgres.database.azure.com"),
    (given(zone_id=zone(f"{NAME}.postgres.database.azure.com")),
     f"network.privateDnsZoneId: is {NAME}.postgres.database.azure.com, which is the server's own "
     f"name; choose another one, such as {NAME}.private.postgres.database.azure.com"),
    (given(zone_id=GONE), f"network.privateDnsZoneId: {GONE} can't be found"),
    ({"privateEndpoint": {}, "privateDnsZoneId": OWN_ZONE},
     "network.privateDnsZoneId: is coder.private.postgres.database.azure.com, must be "
     f"{ENDPOINT_ZONE} for a private endpoint"),
    ({"privateEndpoint": {"subnetId": DELEGATED}},
     f"network.privateEndpoint.subnetId: postgres is delegated to {SERVERS}, and so takes no"),
    (given(zone_id=zone("alone.private.postgres.database.azure.com")),
     "network.privateDnsZoneId: alone.private.postgres.database.azure.com is not linked to any "
     "network, so no pod would find the server; type `az network private-dns link vnet create "
     "--resource-group coder --zone-name alone.private.postgres.database.azure.com --name coder "
     f"--virtual-network {VNET} --registration-enabled false`"),
]  # fmt: skip


@pytest.mark.parametrize(("network", "line"), WRONG)
def test_unsuitable_network_is_refused_with_the_remedy(
    cloud: Azure, network: Stack, line: str
) -> None:
    for name in ("coder.example.com", f"{NAME}.postgres.database.azure.com"):
        cloud.zones[name] = 1
    cloud.zones["alone.private.postgres.database.azure.com"] = 0
    (said,) = cloud.refuses(network=network)
    assert said.startswith(line)


@pytest.mark.parametrize(("key", "other"), [("serviceCidr", "podCidr"), ("podCidr", "serviceCidr")])
def test_range_may_not_be_that_of_pods_or_services(cloud: Azure, key: str, other: str) -> None:
    cloud.cluster = {"networkProfile": {key: "10.60.128.0/20", other: None}}
    (line,) = cloud.refuses(network={"subnetRange": "10.60.130.0/28"})
    assert line.startswith(
        "network.subnetRange: is 10.60.130.0/28, and 10.60.128.0/20 is in use there"
    )


def test_small_or_distant_subnet_is_refused(cloud: Azure) -> None:
    network = cloud.networks["coder-vnet"]
    network["subnets"][1]["addressPrefix"] = "10.60.4.0/29"
    network["location"] = "North Europe"
    distant, small = cloud.refuses(network=given())
    assert distant == (
        "network.delegatedSubnetId: is in northeurope, must be in westeurope, the cluster's region"
    )
    assert small == (
        "network.delegatedSubnetId: postgres has 10.60.4.0/29, must have a range of /28 or larger"
    )


def test_subnet_with_several_ranges_is_known_by_them(cloud: Azure) -> None:
    """Azure answers with `addressPrefixes` where a subnet was made with them."""
    nodes, postgres = cloud.networks["coder-vnet"]["subnets"]
    nodes["addressPrefixes"] = [nodes.pop("addressPrefix"), "10.60.64.0/24"]
    postgres["addressPrefixes"] = [postgres.pop("addressPrefix").replace("/28", "/29")]
    (line,) = cloud.refuses(network={"subnetRange": "10.60.64.16/28"})
    assert "10.60.64.0/24 is in use there" in line
    (line,) = cloud.refuses(network=given())
    assert "postgres has 10.60.4.0/29, must have a range of /28 or larger" in line


def test_zone_of_an_endpoint_in_a_peered_network_is_linked_to_the_nodes_only(cloud: Azure) -> None:
    hub = vnet("hub", group="network")
    subnets = [{"name": "endpoints", "addressPrefix": "10.70.0.0/24"}]
    cloud.networks["hub"] = cloud.networks["coder-vnet"] | {"subnets": subnets}
    peering = {"remoteVirtualNetwork": {"id": hub}}
    cloud.networks["coder-vnet"]["virtualNetworkPeerings"] = [peering]
    cloud.run(network={"privateEndpoint": {"subnetId": f"{hub}/subnets/endpoints"}})
    (link,) = cloud.all(LINK)
    assert link.plain["virtualNetwork"] == {"id": VNET}


def test_case_of_a_subscription_has_no_meaning(cloud: Azure) -> None:
    upper, lower = (SUBSCRIPTION.replace("0000", each) for each in ("ABCD", "abcd"))
    nodes, delegated = NODES.replace(SUBSCRIPTION, lower), DELEGATED.replace(SUBSCRIPTION, upper)
    cloud.cluster = {"id": CLUSTER_ID.replace(SUBSCRIPTION, lower)}
    cloud.pools = [{"count": 2, "availabilityZones": ["1"], "vnetSubnetID": nodes}]
    own_zone = OWN_ZONE.replace(SUBSCRIPTION, upper)
    assert cloud.run(network=given(delegated, own_zone))
    peered = {"delegatedSubnetId": delegated}
    again = Azure()
    again.cluster, again.pools = cloud.cluster, cloud.pools
    again.run(network=peered)
    assert len(again.all(LINK)) == 1, "it is the same network"


SPACES: list[tuple[list[str], Stack, str]] = [
    (["10.60.0.0/22", "10.61.0.0/29"], {}, "network.subnetRange …/28`"),
    (["10.60.0.0/22", "10.61.0.0/26"], {}, "network.subnetRange 10.61.0.48/28`"),
    (["10.60.0.0/22", "10.61.0.0/29"], {"subnetRange": "10.60.0.0/24"},
     "10.60.0.0/22 is in use there; coder-vnet has no free one"),
]  # fmt: skip


@pytest.mark.parametrize(("spaces", "network", "words"), SPACES)
def test_free_range_is_found_where_there_is_one(
    cloud: Azure, spaces: list[str], network: Stack, words: str
) -> None:
    """A network may have ranges that are smaller than the subnet."""
    cloud.networks["coder-vnet"] |= {
        "addressSpace": {"addressPrefixes": spaces},
        "subnets": cloud.networks["coder-vnet"]["subnets"][:1],
    }
    (line,) = cloud.refuses(network=network)
    assert words in line


def test_free_range_is_not_that_of_pods_or_services(cloud: Azure) -> None:
    cloud.cluster = {"networkProfile": {"serviceCidr": "10.60.240.0/20", "podCidr": None}}
    (line,) = cloud.refuses(network={})
    assert "network.subnetRange 10.60.239.240/28`" in line
    (line,) = cloud.refuses(network={"subnetRange": "10.60.0.0/28"})
    assert line.endswith("10.60.239.240/28 is free")


def test_case_of_a_zones_name_has_no_meaning(cloud: Azure) -> None:
    mixed = OWN_ZONE.replace("postgres.database.azure.com", "Postgres.Database.Azure.com")
    cloud.zones[mixed.rpartition("/")[2]] = 1
    assert cloud.run(network=given(zone_id=mixed))


def test_own_subnet_is_not_in_its_own_way(cloud: Azure) -> None:
    own = {"name": NAME, "addressPrefix": "10.60.8.0/28"}
    cloud.networks["coder-vnet"]["subnets"].append(own)
    assert cloud.run(running={})


def test_existing_subnet_or_zone_is_not_made_again(cloud: Azure) -> None:
    cloud.networks["coder-vnet"]["subnets"].append({"name": NAME, "addressPrefix": "10.60.8.0/28"})
    cloud.zones[f"{NAME}.private.postgres.database.azure.com"] = 1
    cloud.run()
    line = cloud.refused_by_hooks("before_create", of="postgres-subnet")
    assert line.startswith(
        f"{NAME} exists in resource group coder, and this stack's state does not"
    )
    assert f"pulumi import type name {VNET}/subnets/{NAME} --parent" in line
    line = cloud.refused_by_hooks("before_create", of="postgres-zone")
    assert f"{zone(f'{NAME}.private.postgres.database.azure.com')} --parent" in line
    assert line.endswith("or set network.privateDnsZoneId")
    fresh = Azure()
    fresh.run()
    assert "before_create" not in fresh.named("postgres-zone").hooks
