"""The simulated Azure subscription of a test."""

import datetime
from typing import Any

from sandbox.providers.azure_native.account import group_id
from sandbox.providers.azure_native.arm import ArmResource
from sandbox.providers.azure_native.provider import AzureNative
from sandbox.providers.azure_native.subscription import Subscription
from sandbox.providers.framework.diff import difference
from sandbox.providers.framework.operation import Engine, Operation
from sandbox.providers.framework.validation import problems
from tests.unit.providers import aws

CLOUD = Subscription("00000000-1111-2222-3333-444444444444")
GROUP = group_id("coder")
SERVER_ID = f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/one"
NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/coder-vnet"
SUBNET = f"{NETWORK}/subnets/postgres"
NODES = f"{NETWORK}/subnets/nodes"
ZONE = (
    f"{GROUP}/providers/Microsoft.Network/privateDnsZones/coder.private.postgres.database.azure.com"
)
MANAGED = (
    f"{group_id('MC_coder_managed_westeurope')}/providers/Microsoft.Network/virtualNetworks"
    "/aks-vnet-12345678/subnets/aks-subnet"
)
TOKENS = {token.split(":")[-1]: token for token in AzureNative.resources}
Data = dict[str, Any]

GOOD: dict[str, Data] = {
    "Server": {
        "resourceGroupName": "coder",
        "serverName": "one",
        "location": "westeurope",
        "version": "17",
        "administratorLogin": "coder_admin",
        "administratorLoginPassword": "Correct-Horse-9",
        "availabilityZone": "1",
        "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
        "storage": {"storageSizeGB": 64, "autoGrow": "Enabled"},
        "backup": {"backupRetentionDays": 14, "geoRedundantBackup": "Disabled"},
        "highAvailability": {"mode": "Disabled"},
        "network": {
            "delegatedSubnetResourceId": SUBNET,
            "privateDnsZoneArmResourceId": ZONE,
            "publicNetworkAccess": "Disabled",
        },
        "authConfig": {"passwordAuth": "Enabled", "activeDirectoryAuth": "Disabled"},
    },
    "Configuration": {
        "resourceGroupName": "coder",
        "serverName": "one",
        "configurationName": "work_mem",
        "value": "8192",
        "source": "user-override",
    },
    "Database": {"resourceGroupName": "coder", "serverName": "one", "databaseName": "coder"},
    "PrivateZone": {
        "resourceGroupName": "coder",
        "privateZoneName": "privatelink.postgres.database.azure.com",
        "location": "Global",
    },
    "VirtualNetworkLink": {
        "resourceGroupName": "coder",
        "privateZoneName": "privatelink.postgres.database.azure.com",
        "virtualNetworkLinkName": "link",
        "location": "Global",
        "registrationEnabled": False,
        "virtualNetwork": {"id": NETWORK},
    },
    "Subnet": {
        "resourceGroupName": "coder",
        "virtualNetworkName": "coder-vnet",
        "subnetName": "own",
        "addressPrefix": "10.60.9.0/28",
        "delegations": [{"name": "fs", "serviceName": "Microsoft.DBforPostgreSQL/flexibleServers"}],
        "serviceEndpoints": [{"service": "Microsoft.Storage"}],
    },
    "PrivateEndpoint": {
        "resourceGroupName": "coder",
        "privateEndpointName": "pe",
        "location": "westeurope",
        "subnet": {"id": NODES},
        "privateLinkServiceConnections": [
            {"name": "one", "privateLinkServiceId": SERVER_ID, "groupIds": ["postgresqlServer"]}
        ],
    },
    "PrivateDnsZoneGroup": {
        "resourceGroupName": "coder",
        "privateEndpointName": "pe",
        "privateDnsZoneGroupName": "default",
        "privateDnsZoneConfigs": [
            {
                "name": "postgres",
                "privateDnsZoneId": f"{GROUP}/providers/Microsoft.Network/privateDnsZones"
                "/privatelink.postgres.database.azure.com",
            }
        ],
    },
    "ManagementLockByScope": {
        "scope": SERVER_ID,
        "lockName": "coder",
        "level": "CanNotDelete",
        "notes": "protected",
    },
}
PUBLIC: Data = {"network": {"publicNetworkAccess": "Disabled"}}
"""A server without a virtual network, which can have private endpoints."""
NEEDS: dict[str, tuple[tuple[str, Data], ...]] = {
    "Configuration": (("Server", {}),),
    "Database": (("Server", {}),),
    "ManagementLockByScope": (("Server", {}),),
    "VirtualNetworkLink": (("PrivateZone", {}),),
    "PrivateEndpoint": (("Server", PUBLIC),),
    "PrivateDnsZoneGroup": (("Server", PUBLIC), ("PrivateZone", {}), ("PrivateEndpoint", {})),
}
"""What must exist before a resource."""


def operation(timeout: float = 5, **config: Any) -> Operation:
    return Operation(engine=Engine(""), config=config, urn="u::one", timeout=timeout, seed=b"s")


def resource(kind: str) -> ArmResource:
    found = AzureNative.resources[TOKENS[kind]]
    assert isinstance(found, ArmResource)
    return found


def inputs(kind: str, **changes: Any) -> Data:
    """Valid inputs with changes; None removes an input."""
    wanted = {**GOOD[kind], **changes}
    return {key: value for key, value in wanted.items() if value is not None}


class Made:
    """A resource in the state of a stack."""

    def __init__(self, kind: str, **changes: Any) -> None:
        self.resource = resource(kind)
        self.inputs = checked(kind, inputs(kind, **changes))
        self.kind = kind
        self.id, outputs = self.resource.create(operation(), self.inputs)
        self.state = self.resource.state_of(self.inputs, outputs)

    def update(self, **changes: Any) -> Data:
        wanted = {**self.inputs, **changes}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        outputs = self.resource.update(operation(), self.id, self.state, wanted)
        self.inputs, self.state = wanted, self.resource.state_of(wanted, outputs)
        return self.state

    def refresh(self) -> Data | None:
        """Read the resource, as a refresh does; returns the new state."""
        found = self.resource.read(operation(), self.id, self.state)
        if found is None:
            return None
        self.inputs = self.resource.inputs_of(found, self.inputs, self.state)
        found.pop("id")
        self.state = found
        return found

    def changed(self, **changes: Any) -> tuple[set[str], set[str]]:
        """The inputs that an update would change, and the paths that would replace."""
        wanted = {**self.inputs, **changes}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        found = difference(self.resource, self.inputs, self.state, wanted, ())
        return set(found.diffs or ()), set(found.replaces or ())

    def delete(self) -> None:
        self.resource.delete(operation(), self.id, self.state)


def made(kind: str, **changes: Any) -> Made:
    """A resource, and before it everything that it needs."""
    for other, values in NEEDS.get(kind, ()):
        Made(other, **values)
    return Made(kind, **changes)


def checked(kind: str, given: Data, old: Data | None = None, **config: Any) -> Data:
    """The inputs as Check returns them, without problems."""
    found = dict(given)
    assert not list(check(kind, found, old, **config))
    return found


def check(kind: str, given: Data, old: Data | None = None, **config: Any) -> list[str]:
    """The problems that Check reports; the inputs get their defaults."""
    declared = resource(kind)
    found = list(problems(given, declared.inputs, AzureNative().messages("one")))
    found = found or list(declared.check(operation(**config), given, old or {}))
    return [each.reason for each in found]


def record(name: str = "one") -> Data:
    """What the account stores of a server."""
    return CLOUD.read()["instances"][name]


def refused(action: Any) -> str:
    """The message of an action that fails and changes nothing in the subscription."""
    return aws.refused(action, CLOUD)


def create(kind: str, **changes: Any) -> Any:
    """A function that creates a resource."""
    return lambda: resource(kind).create(operation(), inputs(kind, **changes))


def ask(token: str, **arguments: Any) -> Data:
    """The result of a provider function."""
    return AzureNative.functions[f"azure-native:{token}"](operation(), arguments)


def past() -> str:
    """A time that a restore can have."""
    return f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
