"""The simulated azure-native on a real engine: states, secrets, refreshes, replacements, locks."""

import json
import re
from pathlib import Path

import pytest

from sandbox.providers.azure_native.account import SUBSCRIPTION
from tests.engine.stack import Stack, is_secret

PROGRAM = """
import pulumi
import pulumi_azure_native as azure

config = pulumi.Config()
group = "/subscriptions/{subscription}/resourceGroups/coder/providers/Microsoft.Network"
server = azure.dbforpostgresql.Server(
    "server",
    resource_group_name="coder",
    server_name="one",
    location="West Europe",
    version="17",
    administrator_login="coder_admin",
    administrator_login_password=pulumi.Output.secret(config.require("password")),
    availability_zone="1",
    sku={{"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"}},
    storage={{"storage_size_gb": int(config.get("size") or 64)}},
    high_availability={{"mode": "ZoneRedundant", "standby_availability_zone": "2"}},
    network={{
        "delegated_subnet_resource_id": f"{{group}}/virtualNetworks/coder-vnet/subnets/postgres",
        "private_dns_zone_arm_resource_id":
            f"{{group}}/privateDnsZones/coder.private.postgres.database.azure.com",
    }},
)
extensions = azure.dbforpostgresql.Configuration(
    "extensions",
    resource_group_name="coder",
    server_name=server.name,
    configuration_name="azure.extensions",
    value="PGCRYPTO",
    source="user-override",
)
azure.authorization.ManagementLockByScope(
    "lock",
    scope=server.id,
    lock_name="coder",
    level="CanNotDelete",
    opts=pulumi.ResourceOptions(depends_on=[extensions]),
)
nodes = azure.containerservice.get_managed_cluster(resource_group_name="coder", resource_name="dev")
pulumi.export("zones", [pool.availability_zones for pool in nodes.agent_pool_profiles])
pulumi.export("host", server.fully_qualified_domain_name)
"""


@pytest.fixture
def azure(engine: dict[str, str], tmp_path: Path) -> Stack:
    simulated = {
        "SANDBOX_CLOUDS": str(tmp_path / "clouds"),
        "SANDBOX_CLOUD_SECONDS": "0",
        "SANDBOX_CLOUD_SERVERS": "none",
    }
    stack = Stack(tmp_path / "azure", engine | simulated)
    (stack.folder / "__main__.py").write_text(PROGRAM.format(subscription=SUBSCRIPTION))
    stack._good("config", "set", "password", "Correct-Horse-9")
    return stack


def put(stack: Stack, **values: object) -> None:
    """Change what the subscription stores of the server."""
    file = stack.folder.parent / "clouds" / "azure-native" / f"{SUBSCRIPTION}.json"
    data = json.loads(file.read_text())
    data["instances"]["one"] |= values
    file.write_text(json.dumps(data))


def test_second_update_and_refresh_change_nothing(azure: Stack) -> None:
    assert "4 created" in azure.up()
    assert json.loads(azure._good("stack", "output", "--json")) == {
        "host": "one.postgres.database.azure.com",
        "zones": [["1"], ["2"]],
    }
    state = azure.resource("server")
    assert is_secret(state["inputs"]["administratorLoginPassword"])
    assert "administratorLoginPassword" not in state["outputs"]
    assert "4 unchanged" in azure.up()
    azure.refresh()
    assert "4 unchanged" in azure.up()


def test_password_and_storage_change_in_place(azure: Stack) -> None:
    azure.up()
    azure._good("config", "set", "password", "Other-Horse-9")
    azure._good("config", "set", "size", "128")
    shown = azure.preview()
    assert "replace" not in shown
    assert 'host: "one' not in shown, "the preview of an update knows no host"
    assert "1 updated" in azure.up()
    azure._good("config", "set", "size", "64")
    said = azure.fails("up", "--yes", "--skip-preview")
    assert 'Status=400 Code="InvalidParameterValue" Message="Decreasing storage size' in said


def test_refresh_after_a_failover_makes_the_next_update_a_replacement(azure: Stack) -> None:
    azure.up()
    standby = {"mode": "ZoneRedundant", "state": "Healthy", "standbyAvailabilityZone": "1"}
    put(azure, availabilityZone="2", highAvailability=standby)
    assert "4 unchanged" in azure.up()
    azure.refresh()
    said = azure.up()
    assert re.search(r"Server server replaced .*availabilityZone", said)
    # The lock depends on the server's ID: the engine deletes it first, so it guards nothing here.
    assert said.index("lock deleted original") < said.index("server deleted original")


def test_destroy_removes_the_lock_first(azure: Stack) -> None:
    azure.up()
    azure._good("destroy", "--yes", "--skip-preview")
    assert not azure.resources()
