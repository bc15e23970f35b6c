"""Error lines of discovery on Azure: each names the setting at fault, and a command that works."""

from typing import Any

import pulumi
import pytest

from components.azure import live_checks
from tests.unit.azure import IDENTITY, KEY, NAME, SERVERS, SOURCE, SUBSCRIPTION, Azure, rid
from tests.unit.fake_cloud import Refused

OTHER = SUBSCRIPTION.replace("0", "9")
REDUNDANT = {"highAvailabilityMode": "ZoneRedundant"}


@pytest.fixture
def cloud() -> Azure:
    return Azure()


def test_missing_resource_group_has_one_line(cloud: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_group(args: dict[str, Any]) -> Any:
        group = args["resourceGroupName"]
        text = f"Message=\"Resource group '{group}' could not be found.\""
        raise Refused(f'request failed: Status=404 Code="ResourceGroupNotFound" {text}')

    monkeypatch.setattr(cloud, "_server", no_group)
    monkeypatch.setattr(cloud, "_zone", no_group)
    (line,) = cloud.refuses(server={"resourceGroup": "gone"})
    assert line.startswith("server.resourceGroup: server coder-coder-dev-")
    assert "can't be looked up in gone; check that this resource group exists" in line


def test_zone_that_is_not_given_may_be_missing_but_not_forbidden(
    cloud: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(args: dict[str, Any]) -> Any:
        raise Refused('Status=403 Code="AuthorizationFailed" Message="No access"')

    monkeypatch.setattr(cloud, "_zone", forbidden)
    (line,) = cloud.refuses()
    assert "AuthorizationFailed" in line


def test_standby_is_not_in_the_zone_that_is_found(cloud: Azure) -> None:
    """Azure would refuse it after the network is made."""
    server = REDUNDANT | {"standbyZone": "1"}
    assert cloud.refuses(highAvailability=True, server=server) == [
        "server.standbyZone: is 1, the server's own zone; must be another one"
    ]


def test_restore_source_is_in_the_subscription_of_the_cluster(cloud: Azure) -> None:
    """A look-up would find the server of that name in the cluster's subscription."""
    source = rid(SERVERS, "old", subscription=OTHER)
    assert cloud.refuses(restoreFrom={"server": source}) == [
        f"restoreFrom.server: is in subscription {OTHER}, must be in {SUBSCRIPTION}, the "
        "cluster's; dump the database and load it into a new server"
    ]
    (line,) = cloud.refuses(restoreFrom={"server": rid(SERVERS, "gone").upper()})
    assert "can't be found" in line, "the case of an ID has no meaning"


def test_location_of_a_restore_source_is_compared_without_spaces(cloud: Azure) -> None:
    cloud.servers["old"] = SOURCE | {"location": "West Europe"}
    with pytest.raises(pulumi.RunError, match="type `pulumi up` again"):
        cloud.run(restoreFrom={"server": "old"})


def test_earliest_time_of_a_restore_source_is_in_utc(cloud: Azure) -> None:
    backup = {"geoRedundantBackup": "Disabled", "earliestRestoreDate": "2026-01-01T00:00:00"}
    cloud.servers["old"] = SOURCE | {"backup": backup}
    (line,) = cloud.refuses(restoreFrom={"server": "old", "time": "2025-12-31T23:59:59Z"})
    assert line.startswith("restoreFrom.time: is 2025-12-31T23:59:59Z, must be from 2026-01-01")


@pytest.mark.parametrize(
    "uri", [f"{KEY}?version=1", f"see {KEY}", KEY.replace("/keys/", "/secrets/")]
)
def test_key_is_given_by_its_uri_alone(cloud: Azure, uri: str) -> None:
    (line,) = cloud.refuses(server={"keyUri": uri, "identityId": IDENTITY})
    assert line.startswith(f'server.keyUri: is "{uri}", must be the URI of a key')


CURES = {
    "Stopped": f"type `az postgres flexible-server start --resource-group coder --name {NAME}`",
    "Stopping": "wait until it is Stopped, then start it",
    "Dropping": "wait until it is deleted, then repeat the command",
    "Disabled": "see its page in the Azure portal for the reason",
    "Inaccessible": "it cannot use the key in server.keyUri; see https://learn.microsoft.com/",
}


def test_every_unusable_state_has_a_remedy() -> None:
    assert live_checks.UNUSABLE.keys() == CURES.keys()


@pytest.mark.parametrize("state", CURES)
def test_remedy_fits_the_state(cloud: Azure, state: str) -> None:
    """`start` starts a stopped server only."""
    (line,) = cloud.refuses(running={"state": state})
    assert line.startswith(f"Azure: server {NAME} is {state}, must be Ready; {CURES[state]}")


@pytest.mark.parametrize("state", ["Ready", "Updating", "Starting", "Restarting", "Provisioning"])
def test_busy_server_is_waited_for(cloud: Azure, state: str) -> None:
    assert cloud.run(running={"state": state})


def test_command_for_the_zone_of_a_standby_keeps_it_a_string(cloud: Azure) -> None:
    """`pulumi config set --path` makes a number of it, which the setting refuses."""
    standby = {"mode": "ZoneRedundant", "standbyAvailabilityZone": "2"}
    (line,) = cloud.refuses(
        running={"highAvailability": standby},
        highAvailability=True,
        server=REDUNDANT | {"standbyZone": "3"},
    )
    assert line.endswith("type `pulumi config set --path 'server.standbyZone' --type string \"2\"`")


@pytest.mark.parametrize("size", ["Standard_D2_v5", "Standard_D3ds_v5", "Standard_D10ds_v5"])
def test_machine_without_premium_storage_or_with_other_vcpus_is_refused(
    cloud: Azure, size: str
) -> None:
    (line,) = cloud.refuses(size=size)
    assert line.startswith(f'size: is "{size}", must be small, medium, large, or a machine')


def test_invalid_zone_has_one_line_beside_a_server(cloud: Azure) -> None:
    (line,) = cloud.refuses(running={}, zone="westeurope-1")
    assert line == 'zone: is "westeurope-1", must be 1, 2, 3: the number of a zone'


def test_range_outside_of_the_network_has_one_line(cloud: Azure) -> None:
    """The range of the cluster's services would overlap, too."""
    (line,) = cloud.refuses(network={"subnetRange": "10.0.0.0/28"})
    assert line.startswith("network.subnetRange: is 10.0.0.0/28, must be in 10.60.0.0/16")


def test_number_for_a_string_has_the_command_that_keeps_it(cloud: Azure) -> None:
    (line,) = cloud.refuses(highAvailability=True, server=REDUNDANT | {"standbyZone": 2})
    assert line == (
        "server.standbyZone: is 2, must be a string; type `pulumi config set --path "
        "'server.standbyZone' --type string 2`"
    )


def test_case_of_a_parameters_value_has_no_meaning(cloud: Azure) -> None:
    parameters = {"require_secure_transport": "ON", "ssl_min_protocol_version": "tlsv1.3"}
    assert cloud.run(server={"parameters": parameters})
