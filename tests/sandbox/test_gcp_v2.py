"""Coder v2 on Cloud SQL: a zonal cluster, a standby, private services access that is made."""

from tests.sandbox.conftest import MakeGcp
from tests.sandbox.gcp import on_cloud_sql

V2 = "2.38.8"
ZONAL = {"name": "dev-zonal", "location": "us-east1-b"}
BARE = {"name": "bare", "location": "us-east1-b"}


def test_zonal_cluster_with_a_standby_and_a_certificate_of_its_name(make_gcp: MakeGcp) -> None:
    stack = make_gcp(
        "sql-v2",
        chartVersion=V2,
        cluster=ZONAL,
        highAvailability=True,
        server={"caMode": "GOOGLE_MANAGED_CAS_CA"},
    )
    stack.up_with_policies()
    on_cloud_sql(stack)
    assert stack.outputs()["databaseSslMode"] == "verify-full"
    assert stack.instance["settings"]["availabilityType"] == "REGIONAL"
    stack.up("--refresh", "--expect-no-changes")
    stack.trigger("failover")
    stack.up("--refresh", "--expect-no-changes")


def test_another_cluster_takes_over_the_server_with_its_data(make_gcp: MakeGcp) -> None:
    stack = make_gcp("sql-moved", chartVersion=V2, cluster=ZONAL, protect=True)
    stack.up()
    stack.coder().add_user("ada")
    server = stack.instance["uid"]
    stack.set(cluster={**ZONAL, "location": "us-east1"})
    names = {
        "coder coder-database": "sql-moved sql-moved-database",
        "pulumi:prod::": "pulumi:sql-moved::",
        "my-new-cluster": "dev",
    }
    stack.follow("Move to another cluster", names)
    on_cloud_sql(stack)
    assert stack.instance["uid"] == server
    assert stack.coder().users() == ["ada"]
    stack.unchanged()


def test_private_services_access_is_made_and_removed(make_gcp: MakeGcp) -> None:
    stack = make_gcp("sql-bare", chartVersion=V2, cluster=BARE)
    assert "has no private services access" in stack.fails("preview")
    stack.set(network={"privateServices": "create"}).up()
    on_cloud_sql(stack)
    stack.unchanged()
    result = stack.run("destroy", "--yes")
    assert result.returncode == 0, result.stdout
    data = stack.account.read()
    assert "bare" not in data["connections"]
    assert not [each for each in data["addresses"].values() if "networks/bare" in each["network"]]


def test_recover_adopts_an_instance_whose_creation_was_killed(make_gcp: MakeGcp) -> None:
    stack = make_gcp("sql-killed", chartVersion=V2, protect=True)
    stack.adopts_a_killed_creation("uid")
    on_cloud_sql(stack)
    stack.unchanged()
