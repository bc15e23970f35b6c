"""Private services access of the simulated Google Cloud: ranges, connections, admission."""

from typing import Any

import pytest

from sandbox.machine import network
from sandbox.providers.cloud import events
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.errors import InitFailed
from sandbox.providers.gcp import addresses
from tests.unit.providers.gcp import (
    ADDRESS,
    BARE,
    CONNECTION,
    NETWORK,
    PROJECT,
    PROJECT_ID,
    changes,
    make,
    operation,
    record,
    refused,
)

RANGE: dict[str, Any] = {
    "name": "mine",
    "project": PROJECT_ID,
    "addressType": "INTERNAL",
    "network": BARE,
    "prefixLength": 20,
    "purpose": "VPC_PEERING",
}
PEER: dict[str, Any] = {
    "network": BARE,
    "service": "servicenetworking.googleapis.com",
    "reservedPeeringRanges": ["mine"],
    "deletionPolicy": "DELETE",
}
ON_BARE = {"ipConfiguration.privateNetwork": BARE}


def reserve(**changes: Any) -> dict[str, Any]:
    id, outputs = ADDRESS.create(operation(), RANGE | changes)
    assert id == f"projects/{PROJECT_ID}/global/addresses/{outputs['name']}"
    return {**RANGE, **changes, **outputs}


def connect(**changes: Any) -> tuple[str, dict[str, Any]]:
    inputs = PEER | changes
    id, outputs = CONNECTION.create(operation(), inputs)
    return id, {**inputs, **outputs}


def test_access_that_is_made_admits_an_instance_in_its_range() -> None:
    range = reserve()
    id, state = connect()
    assert id == "projects%2F" + BARE[9:].replace("/", "%2F") + ":servicenetworking.googleapis.com"
    assert state["peering"] == "servicenetworking-googleapis-com"
    made = make(ON_BARE)
    within = addresses.range_of(range)
    assert addresses.ipaddress.ip_address(made["privateIpAddress"]) in within
    data = PROJECT.read()
    assert PROJECT.admits(data, data["instances"]["one"])


def test_instance_is_admitted_only_while_its_network_is_peered() -> None:
    make()
    data = PROJECT.read()
    assert PROJECT.admits(data, record())
    assert not PROJECT.admits({**data, "connections": {}}, record())
    assert not PROJECT.admits({**data, "clusters": {}}, record())
    others = {name: each for name, each in data["clusters"].items() if each["network"] == "bare"}
    assert not PROJECT.admits({**data, "clusters": others}, record()), "pods of another network"


def test_chosen_ranges_do_not_overlap() -> None:
    found = [addresses.range_of(reserve(name=f"r{prefix}", prefixLength=prefix))
             for prefix in (20, 24, 16, 29)]  # fmt: skip
    sandbox = addresses.ipaddress.ip_network(network.SUBNET)
    for one in found:
        assert not one.overlaps(sandbox)
        assert not any(one.overlaps(other) for other in found if other is not one)
    assert [each.prefixlen for each in found] == [20, 24, 16, 29]


def test_given_address_is_reserved() -> None:
    assert reserve(address="10.200.0.0")["address"] == "10.200.0.0"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"name": "google-managed-services-dev"}, "Error 409: The resource"),
        ({"addressType": "EXTERNAL"}, "requires the address type INTERNAL"),
        ({"network": None}, "The network must be specified"),
        ({"network": f"projects/{PROJECT_ID}/global/networks/none"}, "was not found, notFound"),
        ({"network": "projects/host/global/networks/dev"}, "was not found, notFound"),
        ({"prefixLength": None}, "Prefix length must be from 8 to 30"),
        ({"prefixLength": 31}, "Prefix length must be from 8 to 30"),
        ({"prefixLength": 8}, "No free range with the prefix length 8"),
        ({"address": "10.90.1.0", "prefixLength": 24, "network": NETWORK},
         "conflicts with other resources: google-managed-services-dev"),
        ({"address": "10.200.0.1"}, "Invalid value for field 'resource.address'"),
    ],
)  # fmt: skip
def test_invalid_range_is_refused(inputs: dict[str, Any], words: str) -> None:
    said = refused(lambda: reserve(**inputs))
    assert said.startswith("1 error occurred:\n\t* Error creating GlobalAddress: googleapi: Error ")
    assert words in said


def test_only_labels_and_the_policy_are_changed_in_place() -> None:
    state = reserve()
    assert not changes(ADDRESS, state, RANGE)
    new = RANGE | {"labels": {"a": "b"}, "deletionPolicy": "ABANDON"}
    found = difference(ADDRESS, {}, state, new, ())
    assert (set(found.diffs), found.replaces) == ({"labels", "deletionPolicy"}, [])
    id = f"projects/{PROJECT_ID}/global/addresses/mine"
    state = {**new, **ADDRESS.update(operation(), id, state, new)}
    assert state["labels"] == {"a": "b"}
    ADDRESS.delete(operation(), id, state)
    assert "mine" in PROJECT.read()["addresses"], "an abandoned range stays"
    ADDRESS.delete(operation(), id, {**state, "deletionPolicy": "DELETE"})
    assert ADDRESS.read(operation(), id, state) is None


def test_range_of_a_connection_is_not_deleted() -> None:
    state = reserve()
    connect()
    said = refused(lambda: ADDRESS.delete(operation(), "mine", state))
    assert "already being used by a private services connection" in said


@pytest.mark.parametrize(
    "inputs", [{"purpose": None}, {"purpose": "VPC_PEERING", "ipVersion": "IPV6"}]
)
def test_other_addresses_are_not_simulated(inputs: dict[str, Any]) -> None:
    found = list(ADDRESS.check(operation(), RANGE | inputs, {}))
    assert any("not simulated: a global address" in each.reason for each in found)
    (found,) = ADDRESS.check(operation(), RANGE | {"name": "No-name"}, {})
    assert "invalid value for name" in found.reason


def test_second_connection_is_refused_or_overwrites_the_ranges() -> None:
    reserve(name="more", network=NETWORK)
    again = {"network": NETWORK, "reservedPeeringRanges": ["more"]}
    said = refused(lambda: connect(**again))
    assert (
        "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection." in said
    )
    connect(**again, updateOnCreationFail=True)
    assert PROJECT.read()["connections"]["dev"]["ranges"] == ["more"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"service": "other.googleapis.com"}, "Service other.googleapis.com not found."),
        ({"network": f"projects/{PROJECT_ID}/global/networks/none"}, "was not found, notFound"),
        ({"reservedPeeringRanges": []}, "must be specified"),
        ({"reservedPeeringRanges": ["none"]}, "Invalid allocated IP range none"),
        ({"reservedPeeringRanges": ["google-managed-services-dev"]}, "no range of network bare"),
    ],
)
def test_invalid_connection_is_refused(inputs: dict[str, Any], words: str) -> None:
    reserve()
    assert words in refused(lambda: connect(**inputs))


def test_ranges_change_in_place_and_their_order_does_not_matter() -> None:
    reserve()
    reserve(name="more")
    id, state = connect(reservedPeeringRanges=["mine", "more"])
    assert not changes(CONNECTION, state, PEER | {"reservedPeeringRanges": ["more", "mine"]})
    new = PEER | {"reservedPeeringRanges": ["more"]}
    assert changes(CONNECTION, state, new) == {"reservedPeeringRanges"}
    CONNECTION.update(operation(), id, state, new)
    found = CONNECTION.read(operation(), id, state)
    assert found
    assert found["reservedPeeringRanges"] == ["more"]
    with pytest.raises(InitFailed, match="Invalid allocated IP range none"):
        CONNECTION.update(operation(), id, state, PEER | {"reservedPeeringRanges": ["none"]})


def test_connection_that_an_instance_uses_is_not_deleted() -> None:
    reserve()
    id, state = connect()
    make(ON_BARE)
    said = refused(lambda: CONNECTION.delete(operation(), id, state))
    assert said.startswith(
        "1 error occurred:\n\t* Unable to remove Service Networking Connection, err: Error waiting "
        "for Delete Service Networking Connection: Error code 9, message: Failed to delete"
    )
    events.delete(PROJECT, "one")
    assert "still using this connection" in refused(
        lambda: CONNECTION.delete(operation(), id, state)
    )
    with PROJECT.transaction() as data:
        data["deleted"]["one"]["time"] -= 24 * 3600
    CONNECTION.delete(operation(), id, state)
    assert CONNECTION.read(operation(), id, state) is None


@pytest.mark.parametrize(("policy", "left"), [("ABANDON", True), ("REMOVE_PEERING", False)])
def test_policy_decides_about_a_connection_in_use(policy: str, left: bool) -> None:
    reserve()
    id, state = connect(deletionPolicy=policy)
    make(ON_BARE)
    CONNECTION.delete(operation(), id, state)
    assert ("bare" in PROJECT.read()["connections"]) == left
    assert PROJECT.admits(PROJECT.read(), record()) == left


def test_full_range_is_an_error() -> None:
    reserve(prefixLength=29)
    connect()
    for number in range(4):
        make(ON_BARE, name=f"one{number}")
    said = refused(lambda: make(ON_BARE, name="more"))
    assert "Couldn't find free blocks in allocated IP ranges" in said
