"""Functions of the simulated Google Cloud agree with the SDK."""

import inspect
import typing
from typing import Any

import pulumi_gcp as gcp
import pytest

from sandbox.providers.cloud import events
from sandbox.providers.gcp import account
from sandbox.providers.gcp.lookups import ARGUMENTS
from sandbox.providers.gcp.provider import Gcp
from tests.unit.providers.gcp import BARE, NETWORK, PROJECT, ask, make, operation, refused
from tests.unit.providers.published import camel, fields, is_of, optional_type, results

CLUSTER = "gcp:container/getCluster:getCluster"
PEERING = "gcp:compute/getNetworkPeering:getNetworkPeering"
ADDRESS = "gcp:compute/getGlobalAddress:getGlobalAddress"
ZONES = "gcp:compute/getZones:getZones"
INSTANCES = "gcp:sql/getDatabaseInstances:getDatabaseInstances"
INSTANCE = "gcp:sql/getDatabaseInstance:getDatabaseInstance"
BACKUP = "gcp:sql/getBackupRun:getBackupRun"
AUTHORITIES = "gcp:sql/getCaCerts:getCaCerts"
TIERS = "gcp:sql/getTiers:getTiers"
FUNCTIONS: dict[str, Any] = {
    CLUSTER: gcp.container.get_cluster,
    PEERING: gcp.compute.get_network_peering,
    ADDRESS: gcp.compute.get_global_address,
    ZONES: gcp.compute.get_zones,
    INSTANCES: gcp.sql.get_database_instances,
    INSTANCE: gcp.sql.get_database_instance,
    BACKUP: gcp.sql.get_backup_run,
    AUTHORITIES: gcp.sql.get_ca_certs,
    TIERS: gcp.sql.get_tiers,
}
PARTIAL = {CLUSTER}
"""A function that returns only some fields of the SDK."""
GIVEN = {
    CLUSTER: {"name": "dev", "location": "us-east1"},
    PEERING: {"name": account.PEERING, "network": NETWORK},
    ADDRESS: {"name": account.RANGE},
    INSTANCE: {"name": "one"},
    BACKUP: {"instance": "one"},
    AUTHORITIES: {"instance": "one"},
}


def test_simulated_functions_exist_in_the_sdk() -> None:
    assert set(Gcp.functions) == set(ARGUMENTS) == set(FUNCTIONS)


@pytest.mark.parametrize("token", FUNCTIONS)
def test_function_has_the_sdks_arguments_and_results(token: str) -> None:
    _, needed, optional = ARGUMENTS[token]
    published = {camel(each) for each in inspect.signature(FUNCTIONS[token]).parameters} - {"opts"}
    assert {*needed, *optional} <= published
    make({"insightsConfig.queryInsightsEnabled": True, "maintenanceWindow": {"day": 7}})
    events.snapshot(PROJECT, "one")
    found = ask(token, **GIVEN.get(token, {}))
    hold(found, results(FUNCTIONS[token]), complete=token not in PARTIAL)


def hold(found: dict[str, Any], types: dict[str, Any], *, complete: bool) -> None:
    """The values have the published names and types, nested ones included."""
    assert found.keys() <= types.keys()
    if complete:
        assert {key for key, type in types.items() if not optional_type(type)} <= found.keys()
    for key, value in found.items():
        assert is_of(value, types[key]), (key, value)
        items = value if isinstance(value, list) else []
        for item in items:
            if isinstance(item, dict):
                hold(item, fields(published(types[key])), complete=complete)


def published(list_type: Any) -> Any:
    """The class of a list's items; annotations name it in quotes."""
    (item,) = typing.get_args(list_type)
    name = item if isinstance(item, str) else getattr(item, "__forward_arg__", item)
    module = gcp.container if "GetCluster" in str(name) else gcp.sql
    return getattr(module.outputs, str(name).rpartition(".")[2].strip("'"))


def test_zonal_cluster_lists_only_further_zones() -> None:
    found = ask(CLUSTER, name="dev-zonal", location="us-east1-b")
    assert (found["nodeLocations"], found["location"]) == ([], "us-east1-b")
    regional = ask(CLUSTER, name="dev")
    assert regional["nodeLocations"] == ["us-east1-b", "us-east1-c"]
    counts = {each["nodeLocations"][0]: each["nodeCount"] for each in regional["nodePools"]}
    assert counts == {"us-east1-b": 2, "us-east1-c": 1}
    assert regional["network"] == NETWORK
    assert ask(CLUSTER, name="bare", location="us-east1-b")["network"] == BARE


def test_zones_of_a_region() -> None:
    assert ask(ZONES)["names"] == ["us-east1-b", "us-east1-c", "us-east1-d"]
    assert ask(ZONES, region="us-central1")["names"][-1] == "us-central1-f"
    assert ask(ZONES, region="mars")["names"] == []
    assert ask(ZONES, status="DOWN")["names"] == []


def test_list_of_instances_has_no_dns_names() -> None:
    make({"ipConfiguration.serverCaMode": "GOOGLE_MANAGED_CAS_CA"})
    (listed,) = ask(INSTANCES)["instances"]
    assert listed["dnsNames"] == []
    (name,) = ask(INSTANCE, name="one")["dnsNames"]
    assert name["name"].endswith(".us-east1.sql-psa.goog.")
    assert not ask(INSTANCES, region="us-central1")["instances"]


def test_instance_has_no_address_while_it_is_created() -> None:
    make()
    PROJECT.put("one", status="PENDING_CREATE")
    found = ask(INSTANCE, name="one")
    assert (found["privateIpAddress"], found["ipAddresses"]) == ("", [])


def test_newest_backup_run_is_asked_for() -> None:
    make()
    for id in ("1000", "2000"):
        events.snapshot(PROJECT, "one", id)
    said = refused(lambda: ask(BACKUP, instance="one"))
    assert "Multiple SQL backup runs listed for Instance one. Consider setting" in said
    assert ask(BACKUP, instance="one", mostRecent=True)["backupId"] == 2000
    found = ask(BACKUP, instance="one", backupId=1000)
    assert (found["backupId"], found["status"], found["location"]) == (1000, "SUCCESSFUL", "us")


def test_tiers_have_regions_and_no_custom_ones() -> None:
    found = {each["tier"]: each for each in ask(TIERS)["tiers"]}
    assert "us-east1" in found["db-perf-optimized-N-2"]["regions"]
    assert found["db-perf-optimized-N-2"]["ram"] == 16 * 2**30
    assert not [tier for tier in found if "custom" in tier]


P = account.PROJECT


@pytest.mark.parametrize(
    ("token", "arguments", "words"),
    [
        (CLUSTER, {"name": "dev", "location": "us-east1-b"},
         f"projects/{P}/locations/us-east1-b/clusters/dev not found"),
        (CLUSTER, {"name": "dev", "project": "other"},
         "projects/other/locations/us-east1/clusters/dev not found"),
        (CLUSTER, {"name": "dev", "skipNodePoolRefresh": True},
         "not simulated: argument skipNodePoolRefresh"),
        (PEERING, {"name": account.PEERING, "network": BARE},
         "bare/servicenetworking-googleapis-com not found"),
        (PEERING, {"name": "mine", "network": NETWORK}, "dev/mine not found"),
        (PEERING, {"name": account.PEERING, "network": f"projects/{P}/global/networks/x"},
         "Error 404: The resource"),
        (PEERING, {"name": account.PEERING, "network": "dev"}, "is no link of a network"),
        (ADDRESS, {"name": "none"}, f"projects/{P}/global/addresses/none not found"),
        (INSTANCE, {"name": "none"}, "none not found"),
        (BACKUP, {"instance": "none"}, "The Cloud SQL instance does not exist."),
        (BACKUP, {"instance": "one"}, "No backups found for SQL Database Instance one"),
        (BACKUP, {"instance": "one", "backupId": 7}, "The Cloud SQL backup run does not exist."),
        (AUTHORITIES, {"instance": "none"}, "error retrieving CA certs: googleapi: Error 404"),
        (AUTHORITIES, {}, 'Missing required argument "instance"'),
        (INSTANCES, {"tier": "x"}, "not simulated: argument tier"),
    ],
)  # fmt: skip
def test_missing_object_is_an_error_with_the_providers_message(
    token: str, arguments: dict[str, Any], words: str
) -> None:
    make()
    said = refused(lambda: ask(token, **arguments))
    start = f"invocation of {token} returned an error: invoking {token}: 1 error occurred:\n\t* "
    assert said.startswith(start)
    assert words in said


def test_project_is_the_providers_where_none_is_given() -> None:
    assert ask(TIERS)["project"] == P
    assert operation().config["project"] == P
