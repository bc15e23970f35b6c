"""Networks of the simulated Azure: subnets, zones, links, endpoints and locks."""

from typing import Any

import pytest

from sandbox.providers.azure_native.account import group_id
from sandbox.providers.cloud import events
from sandbox.providers.framework.errors import Failure
from tests.unit.providers.azure import (
    CLOUD,
    GOOD,
    GROUP,
    MANAGED,
    NETWORK,
    NODES,
    PUBLIC,
    SERVER_ID,
    SUBNET,
    ZONE,
    Made,
    create,
    made,
    record,
    refused,
    resource,
)

DELEGATIONS = GOOD["Subnet"]["delegations"]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Subnet", {"virtualNetworkName": "none"}, "ParentResourceNotFound"),
    ("Subnet", {"addressPrefix": "10.61.0.0/28"}, "NetcfgSubnetRangeOutsideVnet"),
    ("Subnet", {"addressPrefix": "10.60.8.0/27"}, "NetcfgSubnetRangesOverlap"),
    ("Subnet", {"addressPrefix": "10.60.9.1/28"}, "InvalidCIDRNotation"),
    ("Subnet", {"addressPrefix": "10.60.9.0/30"}, "NetcfgSubnetRangeTooSmall"),
    ("Subnet", {"addressPrefix": None}, "not simulated: a subnet without exactly one"),
    ("Subnet", {"routeTable": {"id": "x"}}, "not simulated: routeTable"),
    ("PrivateZone", {"privateZoneName": "one-label"}, "InvalidDomainName"),
    ("PrivateZone", {"privateZoneName": ".".join("a" * 35)}, "InvalidDomainName"),
    ("PrivateZone", {"location": "westeurope"},
     "The provided location 'westeurope' is not available for resource type "
     "'Microsoft.Network/privateDnsZones'. List of available regions for the resource type is "
     "'global'."),
    ("VirtualNetworkLink", {"privateZoneName": "none"}, "ParentResourceNotFound"),
    ("VirtualNetworkLink", {"location": "westeurope"}, "LocationNotAvailableForResourceType"),
    ("VirtualNetworkLink", {"virtualNetwork": None}, "parameter virtualNetwork.id"),
    ("VirtualNetworkLink", {"virtualNetwork": {"id": f"{NETWORK}s"}}, "ResourceNotFound"),
    ("PrivateEndpoint", {"subnet": {"id": f"{NODES}s"}}, "InvalidResourceReference"),
    ("PrivateEndpoint", {"location": "northeurope"}, "InvalidResourceReference"),
    ("PrivateEndpoint", {"subnet": {"id": SUBNET}}, "it cannot have private endpoints"),
    ("PrivateEndpoint", {"privateLinkServiceConnections": []}, "not simulated"),
    ("PrivateEndpoint", {"privateLinkServiceConnections": [
        {"name": "x", "privateLinkServiceId": f"{SERVER_ID}s", "groupIds": ["postgresqlServer"]}]},
     "ResourceNotFound"),
    ("PrivateEndpoint", {"privateLinkServiceConnections": [
        {"name": "x", "privateLinkServiceId": SERVER_ID, "groupIds": ["postgres"]}]},
     "the group ID of a flexible server is postgresqlServer"),
    ("PrivateDnsZoneGroup", {"privateEndpointName": "none"}, "ParentResourceNotFound"),
    ("PrivateDnsZoneGroup", {"privateDnsZoneConfigs": [
        {"name": "x", "privateDnsZoneId": f"{ZONE}.x"}]}, "ResourceNotFound"),
    ("ManagementLockByScope", {"level": "cannotdelete"}, "InvalidLockLevel"),
    ("ManagementLockByScope", {"scope": f"{SERVER_ID}s"}, "ResourceNotFound"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "words"), REFUSED)
def test_creation_is_refused(kind: str, changes: dict[str, Any], words: str) -> None:
    one = made(kind)
    if kind == "PrivateDnsZoneGroup":  # an endpoint has one group
        one.delete()
    one.delete()
    assert words in refused(create(kind, **changes))


def test_every_kind_needs_its_resource_group() -> None:
    for kind, values in GOOD.items():
        if "resourceGroupName" in values and kind not in ("Configuration", "Database"):
            said = refused(create(kind, resourceGroupName="none"))
            assert "Resource group 'none' could not be found." in said


def test_used_subnet_keeps_its_range_and_its_delegation() -> None:
    own = Made("Subnet")
    network = {**GOOD["Server"]["network"], "delegatedSubnetResourceId": own.id}
    server = made("Server", network=network)
    assert "InUsePrefixCannotBeDeleted" in refused(
        lambda: own.update(addressPrefix="10.60.9.16/28")
    )
    said = refused(lambda: own.update(delegations=[]))
    assert "SubnetDelegationsCannotChangeWhenSubnetUsedByResource" in said
    said = refused(own.delete)
    assert 'Code="InUseSubnetCannotBeDeleted" Message="Subnet own is in use by' in said
    assert "/serviceAssociationLinks/" in said
    server.delete()
    own.update(delegations=[])
    own.delete()


def test_subnet_must_be_large_enough_for_a_server() -> None:
    own = Made("Subnet", addressPrefix="10.60.9.0/29")
    network = {**GOOD["Server"]["network"], "delegatedSubnetResourceId": own.id}
    assert "SubnetTooSmall" in refused(create("Server", network=network))


def test_zone_with_links_is_not_deleted() -> None:
    zone = Made("PrivateZone")
    link = Made("VirtualNetworkLink")
    assert "CannotDeleteResource" in refused(zone.delete)
    link.delete()
    zone.delete()


def test_link_keeps_its_network() -> None:
    link = made("VirtualNetworkLink")
    managed = {"virtualNetwork": {"id": MANAGED.rsplit("/", 2)[0]}}
    assert link.changed(**managed) == ({"virtualNetwork"}, set())
    assert "The virtual network of a link cannot be changed." in refused(
        lambda: link.update(**managed)
    )


def test_network_has_one_link_to_zones_of_a_name() -> None:
    made("VirtualNetworkLink")
    again = create("VirtualNetworkLink", virtualNetworkLinkName="again")
    assert "overlapping namespaces" in refused(again)


def test_integrated_server_has_no_endpoint() -> None:
    made("Server")
    assert "cannot have private endpoints" in refused(create("PrivateEndpoint"))


def test_endpoint_has_one_group() -> None:
    made("PrivateDnsZoneGroup")
    again = create("PrivateDnsZoneGroup", privateDnsZoneGroupName="again")
    assert "MoreThanOnePrivateDnsZoneGroupPerPrivateEndpointNotAllowed" in refused(again)


def reached() -> tuple[bool, bool]:
    """Whether nodes resolve the name of the server `one`, and reach it."""
    data = CLOUD.read()
    return CLOUD.resolves(data, record()), CLOUD.admits(data, record())


def test_integrated_server_needs_zone_and_link_for_its_name() -> None:
    zone = Made("PrivateZone", privateZoneName="own.postgres.database.azure.com")
    network = {**GOOD["Server"]["network"], "privateDnsZoneArmResourceId": zone.id}
    made("Server", network=network)
    assert reached() == (False, True), "the link is not validated at the creation"
    link = Made("VirtualNetworkLink", privateZoneName="own.postgres.database.azure.com")
    assert reached() == (True, True)
    link.delete()
    assert reached() == (False, True)


def test_link_to_a_network_without_nodes_is_no_use() -> None:
    with CLOUD.transaction() as data:
        other = {**data["networks"][NETWORK.lower()], "id": f"{NETWORK}2"}
        data["networks"][f"{NETWORK}2".lower()] = other
    zone = Made("PrivateZone", privateZoneName="own.postgres.database.azure.com")
    network = {**GOOD["Server"]["network"], "privateDnsZoneArmResourceId": zone.id}
    made("Server", network=network)
    named = {"privateZoneName": "own.postgres.database.azure.com"}
    Made("VirtualNetworkLink", **named, virtualNetwork={"id": f"{NETWORK}2"})
    assert reached() == (False, True)


def test_public_server_needs_endpoint_group_zone_and_link() -> None:
    server = made("Server", **PUBLIC)
    assert reached() == (False, False)
    endpoint = Made("PrivateEndpoint")
    assert reached() == (False, True)
    Made("PrivateZone")
    Made("PrivateDnsZoneGroup")
    assert reached() == (False, True)
    Made("VirtualNetworkLink")
    assert reached() == (True, True)
    found = server.refresh()
    assert found
    (connection,) = found["privateEndpointConnections"]
    assert connection["privateLinkServiceConnectionState"] == {"status": "Approved"}
    (config,) = endpoint.state["customDnsConfigs"]
    assert config["fqdn"] == "one.postgres.database.azure.com"
    endpoint.delete()
    assert reached() == (False, False)
    assert not CLOUD.read()["zoneGroups"]


def test_zone_of_another_name_has_no_name_of_an_endpoint() -> None:
    made("PrivateEndpoint")
    configs = [{"name": "x", "privateDnsZoneId": ZONE}]
    Made("PrivateDnsZoneGroup", privateDnsZoneConfigs=configs)
    assert reached() == (False, True)


def test_endpoint_in_the_network_of_the_managed_cluster_admits() -> None:
    made("PrivateEndpoint", subnet={"id": MANAGED})
    assert reached() == (False, True)


def test_lock_refuses_the_deletion() -> None:
    server = made("Server", **PUBLIC)
    database = Made("Database")
    lock = Made("ManagementLockByScope")
    for one in (server, database):
        assert refused(one.delete) == (
            f'Status=409 Code="ScopeLocked" Message="The scope \'{one.id}\' cannot perform delete '
            f"operation because following scope(s) are locked: '{SERVER_ID}'. Please remove the "
            'lock and try again."'
        )
    Made("Configuration").delete()
    server.update(tags={"a": "b"})
    lock.delete()
    server.delete()


@pytest.mark.parametrize("scope", [GROUP, GROUP.rpartition("/resourceGroups")[0]])
def test_lock_of_a_group_or_subscription_is_inherited(scope: str) -> None:
    server = made("Server")
    lock = Made("ManagementLockByScope", scope=scope)
    assert lock.id == f"{scope}/providers/Microsoft.Authorization/locks/coder"
    assert f"locked: '{scope}'" in refused(server.delete)


def test_read_only_lock_refuses_writes() -> None:
    server = made("Server")
    Made("ManagementLockByScope", level="ReadOnly")
    assert "cannot perform write operation" in refused(lambda: server.update(tags={"a": "b"}))
    assert "cannot perform write operation" in refused(create("Configuration"))


def test_lock_of_a_server_locks_no_other_whose_name_begins_like_it() -> None:
    made("ManagementLockByScope")
    Made("Server", serverName="one2").delete()


def test_locks_end_with_their_server() -> None:
    made("ManagementLockByScope")
    events.delete(CLOUD, "one")
    assert not CLOUD.read()["locks"]


def test_ids_ignore_case() -> None:
    server = made("Server")
    with pytest.raises(Failure, match="cannot create already existing resource"):
        create("Server", resourceGroupName="CODER")()
    network = {**GOOD["Server"]["network"], "delegatedSubnetResourceId": SUBNET.upper()}
    server.update(network=network)


def test_seeded_resources_are_read() -> None:
    for kind, id in (("Subnet", SUBNET), ("PrivateZone", ZONE)):
        one = Made.__new__(Made)
        one.resource, one.id, one.state, one.inputs = resource(kind), id, {}, {}
        assert one.refresh()
        assert one.changed() == (set(), set())
    managed = group_id("MC_coder_managed_westeurope")
    assert managed in MANAGED
