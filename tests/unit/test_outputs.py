"""The outputs of each cloud: what they name, what is plain, and when they change."""

import re
from typing import Any

import pytest

from outputs import OUTPUTS
from tests.conftest import EXPORTS, ROOT
from tests.unit import aws, azure, gcp
from tests.unit.fake_cloud import FakeCloud
from tests.unit.fakes import FAKES
from tests.unit.pretend import deploy, deployed, unwrapped
from tests.unit.stacks import Stack, given, made

IDENTITIES = {
    "aws": (aws.ARN, "postgres-firewall-1a2b3c"),
    "azure": (azure.SERVER_ID, "postgres-subnet-1a2b3c"),
    "gcp": (gcp.SELF_LINK, gcp.NETWORK),
}
"""What names the server of each cloud, and what decides who reaches it."""
ZONES = {"aws": "us-east-1a", "azure": "1", "gcp": "us-east1-b"}
"""The zone that each cloud's stack wants."""
PAIR = {"zone": "us-east1-b", "secondaryZone": "us-east1-c"}
"""A failover does not change it."""
MOVED: dict[str, tuple[str, dict[str, Any]]] = {
    "aws": ("us-east-1b", {"availabilityZone": "us-east-1b"}),
    "azure": ("2", {"availabilityZone": "2"}),
    "gcp": ("us-east1-c", {"settings": {"locationPreferences": [PAIR]}}),
}
"""Where a failover moved the server, and how look-ups then describe it."""

every_cloud = pytest.mark.parametrize("name", FAKES)


def outputs(cloud: FakeCloud, **changes: Any) -> dict[str, Any]:
    deploy(cloud.stack(**changes), secrets=(), engine=cloud)
    return cloud.exports


@every_cloud
def test_outputs_name_the_server_and_what_decides_who_reaches_it(name: str) -> None:
    exported = outputs(FAKES[name]())
    assert (exported["databaseId"], exported["databaseFirewallId"]) == IDENTITIES[name]


@every_cloud
def test_outputs_of_each_cloud_are_plain_values(name: str) -> None:
    exported = outputs(FAKES[name]())
    assert set(exported) == EXPORTS
    assert unwrapped(exported, "[secret]") == exported
    assert {type(value) for value in exported.values()} <= {str, int, float}


@every_cloud
def test_a_new_server_is_in_the_zone_that_is_wanted(name: str) -> None:
    exported = outputs(FAKES[name]())
    assert (exported["databaseZone"], exported["databaseLiveZone"]) == (ZONES[name], ZONES[name])


@every_cloud
def test_a_failover_shows_in_the_live_zone_alone(name: str) -> None:
    cloud = FAKES[name]()
    zone, changes = MOVED[name]
    cloud.add_running(changes)
    if isinstance(cloud, gcp.Gcp):
        cloud.serving_zones[gcp.NAME] = zone
    exported = outputs(cloud)
    assert (exported["databaseZone"], exported["databaseLiveZone"]) == (ZONES[name], zone)


def test_a_standby_alone_is_no_failover() -> None:
    cloud = gcp.Gcp()
    cloud.add_running({"settings": {"locationPreferences": [PAIR]}})
    cloud.serving_zones[gcp.NAME] = "us-east1-b"
    assert outputs(cloud)["databaseLiveZone"] == "us-east1-b"


def test_a_replaced_instance_is_not_in_the_zone_of_the_former_one() -> None:
    cloud = aws.Aws()
    cloud.add_running({"availabilityZone": "us-east-1b"})
    settings = {"protect": False, "server": {"kmsKeyId": aws.KEY}}
    assert outputs(cloud, **settings)["databaseLiveZone"] == "us-east-1a"


def test_a_private_endpoint_decides_who_reaches_the_server() -> None:
    cloud = azure.Azure()
    exported = outputs(cloud, network={"privateEndpoint": {}})
    assert exported["databaseFirewallId"] == "postgres-endpoint-1a2b3c"


def test_an_existing_server_has_no_id_and_no_live_zone() -> None:
    exported = deployed(given(zone="a")).exports
    unknown = ("databaseId", "databaseFirewallId", "databaseLiveZone")
    assert [exported[name] for name in unknown] == ["", "", ""]
    assert exported["databaseZone"] == "a"


def test_a_rotation_changes_the_login_alone() -> None:
    before, after = (deployed(made(passwordGeneration=n)).exports for n in (1, 2))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"databaseUser", "passwordSecretName"}
    said = {name for name, (_, text) in OUTPUTS.items() if "after each rotation" in text}
    assert said == changed


@pytest.mark.parametrize(
    ("stack", "port"),
    [
        (made(), 80),
        (made(chartValues={"coderd": {"tls": {"hostSecretName": "tls"}}}), 443),
        (made(chartVersion="2.38.8"), 80),
        (
            made(
                chartVersion="2.38.8",
                accessUrl="https://coder.example.com",
                chartValues={"coder": {"service": {"enable": False}}},
            ),
            0,
        ),
        (
            made(
                chartVersion="2.38.8",
                chartValues={"coder": {"tls": {"secretNames": ["tls"]}}},
            ),
            443,
        ),
    ],
    ids=["classic", "classic with TLS", "v2", "v2 without a Service", "v2 with TLS"],
)
def test_service_port_is_the_one_that_people_use(stack: Stack, port: int) -> None:
    assert deployed(stack).exports["servicePort"] == port


def test_the_table_of_changes_lists_every_output() -> None:
    text = (ROOT / "docs" / "outputs.md").read_text()
    [table] = re.findall(r"^\| output \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    cells = [row.split("|")[1] for row in table.strip().splitlines()[2:]]
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(OUTPUTS)
