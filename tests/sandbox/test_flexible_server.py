"""The real servers behind the simulated flexible servers: names, packets, rights, copies."""

import re
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.machine import namespaces, network, services
from sandbox.postgres import configuration, programs
from sandbox.postgres.server import Server
from sandbox.postgres.tls import authority
from sandbox.providers.azure_native.account import SUBSCRIPTION, group_id
from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.cloud import events
from sandbox.providers.firewall import blocked
from sandbox.providers.framework.operation import Engine, Operation
from tests.conftest import ROOT
from tests.unit.providers.azure import past

CLOUD = Subscription(SUBSCRIPTION)
PASSWORD = "Correct-Horse-9"
NETWORK = f"{group_id('coder')}/providers/Microsoft.Network/virtualNetworks/coder-vnet"
ZONES = f"{group_id('coder')}/providers/Microsoft.Network/privateDnsZones"
PRIVATE = {
    "delegatedSubnetResourceId": f"{NETWORK}/subnets/postgres",
    "privateDnsZoneArmResourceId": f"{ZONES}/coder.private.postgres.database.azure.com",
}
PRIVATE_LINK = "privatelink.postgres.database.azure.com"
FORBIDDEN = {
    "a superuser": "CREATE ROLE more SUPERUSER",
    "files": "COPY (SELECT 1) TO '/tmp/more'",
    "programs": "COPY (SELECT 1) TO PROGRAM 'true'",
    "settings": "ALTER SYSTEM SET work_mem = '8MB'",
}
"""Statements that the service refuses even for its administrator."""


def operation() -> Operation:
    return Operation(engine=Engine(""), config={}, urn="u::one", timeout=300)


class Resource:
    """A resource of the simulated subscription."""

    def __init__(self, kind: str, **inputs: Any) -> None:
        self.resource = AzureNative.resources[f"azure-native:{kind}"]
        self.inputs = {"resourceGroupName": "coder", **inputs}
        self.id, self.state = self.resource.create(operation(), self.inputs)

    def update(self, **changes: Any) -> None:
        self.inputs |= changes
        self.state = self.resource.update(operation(), self.id, self.state, self.inputs)

    def delete(self) -> None:
        self.resource.delete(operation(), self.id, self.state)


class FlexibleServer(Resource):
    """A flexible server and the server behind it."""

    def __init__(self, name: str, **changes: Any) -> None:
        super().__init__(
            "dbforpostgresql:Server",
            **{
                "serverName": name,
                "location": "westeurope",
                "version": "17",
                "administratorLogin": "coder_admin",
                "administratorLoginPassword": PASSWORD,
                "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
                "storage": {"storageSizeGB": 64},
                "network": PRIVATE,
                **changes,
            },
        )
        self.name = name

    @property
    def record(self) -> dict[str, Any]:
        return CLOUD.read()["instances"][self.name]

    @property
    def server(self) -> Server:
        return Server(self.record["server"])

    def run_sql(
        self, statement: str, database: str = "postgres", password: str = PASSWORD
    ) -> subprocess.CompletedProcess[str]:
        """Run a statement as the administrator; the server's certificate must name its host."""
        psql = str(programs.path("17", "psql"))
        where = (
            f"host={self.server.host} hostaddr={self.server.address} user=coder_admin "
            f"dbname={database} sslmode=verify-full sslrootcert={authority().certificate_file}"
        )
        return namespaces.run_inside(
            [psql, "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, where],
            env=namespaces.environment() | {"PGPASSWORD": password},
            capture_output=True,
            text=True,
        )

    def query(self, statement: str, database: str = "postgres", password: str = PASSWORD) -> str:
        done = self.run_sql(statement, database, password)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def add_data(self) -> None:
        """Create a database with data that must survive."""
        self.query("CREATE DATABASE kept")
        self.query("CREATE TABLE kept AS SELECT 42 AS answer", "kept")

    @property
    def has_data(self) -> bool:
        return self.query("SELECT answer FROM kept", "kept") == "42"

    @property
    def resolves(self) -> bool:
        """Whether the cluster's DNS server has an address of the host."""
        return self.server.address in resolved(self.server.host)

    @property
    def answers(self) -> bool:
        """Whether packets from outside of the sandbox's own machine reach the server."""
        try:
            socket.create_connection((self.server.address, configuration.PORT), 1).close()
        except TimeoutError:
            return False
        return True


def resolved(host: str) -> list[str]:
    """The addresses that the sandbox's DNS server has for a host."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in host.split("."))
    question = struct.pack(">6H", 1, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.sendto(question, (network.GATEWAY, 53))
        answer = udp.recv(512)
    count = struct.unpack(">H", answer[6:8])[0]
    records = answer[len(question) :]
    return [socket.inet_ntoa(records[16 * each + 12 : 16 * each + 16]) for each in range(count)]


def wait_for(server: FlexibleServer, *, resolves: bool, answers: bool) -> None:
    """Wait until the firewall has seen the account."""
    services.wait_until(
        lambda: (server.resolves, server.answers) == (resolves, answers),
        f"{server.name} to resolve ({resolves}) and to answer ({answers})",
        10,
    )


@pytest.fixture(scope="module", autouse=True)
def _subscription(sandbox_up: None) -> Iterator[None]:
    authority()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_CLOUD_SECONDS", "0")
        yield
        for name in list(CLOUD.read()["instances"]):
            events.delete(CLOUD, name)


def assert_restricted(made: FlexibleServer) -> None:
    """The administrator has no more rights than on Azure."""
    assert made.query("SELECT current_user") == "coder_admin"
    for what, statement in FORBIDDEN.items():
        done = made.run_sql(statement)
        refusal = r"permission denied|must be superuser|must have admin option"
        assert re.search(refusal, done.stderr), f"{what}: {done.stdout}{done.stderr}"


def test_upgrade_and_restore_keep_the_data_and_the_rights() -> None:
    one = FlexibleServer("one", version="16")
    assert_restricted(one)
    one.add_data()
    one.update(version="17")
    assert one.query("SHOW server_version").startswith("17.")
    assert one.has_data
    assert_restricted(one)
    two = FlexibleServer(
        "two",
        createMode="PointInTimeRestore",
        sourceServerResourceId=one.id,
        pointInTimeUTC=past(),
        administratorLoginPassword="Other-Horse-9",
    )
    assert two.has_data
    assert_restricted(two)
    one.query("DROP TABLE kept", "kept")
    assert two.has_data, "the copy follows its source"
    two.update(administratorLoginPassword="Other-Horse-9", tags={"a": "b"})
    assert two.query("SELECT 1", password="Other-Horse-9") == "1"
    assert two.run_sql("SELECT 1").returncode != 0, "the old password is still valid"
    two.delete()
    one.delete()


def test_name_of_an_integrated_server_resolves_only_with_zone_and_link() -> None:
    zone = Resource(
        "privatedns:PrivateZone",
        privateZoneName="own.postgres.database.azure.com",
        location="global",
    )
    made = FlexibleServer("linked", network={**PRIVATE, "privateDnsZoneArmResourceId": zone.id})
    wait_for(made, resolves=False, answers=True)
    link = Resource(
        "privatedns:VirtualNetworkLink",
        privateZoneName="own.postgres.database.azure.com",
        virtualNetworkLinkName="link",
        location="global",
        virtualNetwork={"id": NETWORK},
    )
    wait_for(made, resolves=True, answers=True)
    link.delete()
    wait_for(made, resolves=False, answers=True)
    made.delete()
    zone.delete()


def test_packets_are_dropped_until_an_endpoint_admits_them() -> None:
    made = FlexibleServer("shut", network={"publicNetworkAccess": "Disabled"})
    wait_for(made, resolves=False, answers=False)
    assert made.server.address in blocked()
    endpoint = Resource(
        "network:PrivateEndpoint",
        privateEndpointName="pe",
        location="westeurope",
        subnet={"id": f"{NETWORK}/subnets/nodes"},
        privateLinkServiceConnections=[
            {"name": "pe", "privateLinkServiceId": made.id, "groupIds": ["postgresqlServer"]}
        ],
    )
    wait_for(made, resolves=False, answers=True)
    zone = Resource("privatedns:PrivateZone", privateZoneName=PRIVATE_LINK, location="global")
    Resource(
        "network:PrivateDnsZoneGroup",
        privateEndpointName="pe",
        privateDnsZoneGroupName="default",
        privateDnsZoneConfigs=[{"name": "postgres", "privateDnsZoneId": zone.id}],
    )
    link = Resource(
        "privatedns:VirtualNetworkLink",
        privateZoneName=PRIVATE_LINK,
        virtualNetworkLinkName="link",
        location="global",
        virtualNetwork={"id": NETWORK},
    )
    wait_for(made, resolves=True, answers=True)
    assert made.query("SELECT 1") == "1"
    endpoint.delete()
    wait_for(made, resolves=False, answers=False)
    # Other tests make a zone of this name.
    link.delete()
    zone.delete()
    made.delete()


def test_orphan_is_blocked_and_deleted() -> None:
    made = FlexibleServer("gone")
    server = made.server
    with CLOUD.transaction() as data:
        data["instances"].pop("gone")
    assert server.address in blocked(), "an orphan is open"
    other = FlexibleServer("other")
    assert not server.exists, "an orphan stays"
    other.delete()


def parameter(name: str, value: str) -> Resource:
    return Resource(
        "dbforpostgresql:Configuration",
        serverName="tuned",
        configurationName=name,
        value=value,
        source="user-override",
    )


def test_parameters_and_databases_are_those_of_the_server() -> None:
    made = FlexibleServer("tuned", highAvailability={"mode": "ZoneRedundant"})
    work_mem = parameter("work_mem", "8192")
    assert made.query("SHOW work_mem") == "8MB"
    parameter("azure.extensions", "PGCRYPTO,PG_TRGM")
    assert made.query("SHOW azure.extensions") == "PGCRYPTO,PG_TRGM"
    parameter("max_connections", "77")
    assert made.query("SHOW max_connections") == "859"
    printed = trigger("failover", "tuned")
    assert printed == "tuned failed over: availabilityZone 2"
    assert made.query("SHOW max_connections") == "77"
    work_mem.delete()
    assert made.query("SHOW work_mem") == "4MB"
    database = Resource("dbforpostgresql:Database", serverName="tuned", databaseName="coder")
    assert made.query("SELECT current_database()", "coder") == "coder"
    made.query("CREATE TABLE mine (id int)", "coder")
    database.delete()
    assert "does not exist" in made.run_sql("SELECT 1", "coder").stderr
    trigger("maintenance", "tuned")
    trigger("reboot", "tuned")
    server = made.server
    trigger("delete", "tuned")
    assert not server.exists


def trigger(event: str, name: str) -> str:
    """Trigger an event by the command; returns what it prints."""
    command = [sys.executable, "-m", "sandbox", "events", "azure-native", event, name]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()
