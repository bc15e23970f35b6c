"""The settings of `cloud: azure` that are in Azure's words."""

import re
from collections.abc import Iterator
from typing import Any

import pydantic

from components.azure import checks, ids
from components.azure.network_settings import Network
from components.server import windows
from components.server.parameters import parameter_strings
from components.server.restore import RestoreSetting, time_problems
from components.server.settings import ServerSettings
from components.setting_model import SettingModel

ZONES = ("1", "2", "3")
KEY_URI = re.compile(r"https://[a-z0-9-]+\.(vault|managedhsm)\.[a-z.-]+/keys/[\w-]+(/\w+)?", re.I)
NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


class Cluster(SettingModel):
    """The setting `cluster`: an AKS cluster."""

    name: str
    resource_group: str


class Server(SettingModel):
    """The setting `server`."""

    resource_group: str = ""
    """Of the server and its network resources; empty for the cluster's."""
    high_availability_mode: str = "SameZone"
    standby_zone: str = ""
    """Of a standby that is zone-redundant; empty leaves it to Azure."""
    geo_redundant_backup: bool = False
    key_uri: str = ""
    """Of a key of your own; empty for Azure's."""
    identity_id: str = ""
    """The user-assigned identity that may use the key."""
    maintenance_window: str = ""
    """Begin in UTC, such as `sun:04:30`; empty leaves it to Azure."""
    management_lock: bool = True
    """Whether a lock of Azure, which only owners may make, refuses the server's deletion."""
    parameters: dict[str, Any] = pydantic.Field(default_factory=dict)
    """PostgreSQL's, as Azure takes them."""

    @property
    def parameter_strings(self) -> dict[str, str]:
        """The parameters as Azure spells them."""
        return parameter_strings(self.parameters)

    def problems(self, asked: ServerSettings) -> Iterator[str]:
        """One line for every value that Azure would refuse."""
        yield from checks.standby_problems(self.high_availability_mode, self.standby_zone, asked)
        if bool(self.key_uri) != bool(self.identity_id):
            missing = "server.identityId" if self.key_uri else "server.keyUri"
            yield f"{missing}: missing; a key of your own needs both keyUri and identityId"
        if self.key_uri and not KEY_URI.fullmatch(self.key_uri):
            yield (
                f'server.keyUri: is "{self.key_uri}", must be the URI of a key '
                "(https://….vault.azure.net/keys/…)"
            )
        yield from checks.id_problems("server.identityId", self.identity_id, ids.IDENTITY)
        if self.key_uri and self.geo_redundant_backup:
            yield (
                "server.geoRedundantBackup: needs a second key in the other region, which this "
                "program doesn't set; remove it or server.keyUri"
            )
        if self.maintenance_window:
            yield from windows.begin_problems("server.maintenanceWindow", self.maintenance_window)
        yield from checks.parameter_problems(
            "server.parameters", self.parameters, self.parameter_strings
        )


class RestoreFrom(RestoreSetting):
    """The setting `restoreFrom`: another server at some time."""

    server: str = ""
    """Its name, or its ID where it is in another resource group."""
    time: str = ""
    """As 2026-01-31T03:00:00Z; empty for the latest."""

    def problems(self) -> Iterator[str]:
        """One line for every value that Azure would refuse."""
        known = NAME.fullmatch(self.server) or ids.parse(self.server, ids.SERVER).name
        if self.server and not known:
            yield f'restoreFrom.server: is "{self.server}", must be the name or the ID of a server'
        yield from time_problems(self.time, self.server, "restoreFrom.server")


class Settings(SettingModel):
    """The objects among the settings that `cloud: azure` takes."""

    cluster: Cluster
    network: Network = Network()
    server: Server = Server()
    restore_from: RestoreFrom = RestoreFrom()

    @property
    def resource_group(self) -> str:
        """Of the server and its network resources."""
        return self.server.resource_group or self.cluster.resource_group

    def problems(self, server: ServerSettings) -> Iterator[str]:
        """One line for every value that Azure would refuse, whatever the server's settings are."""
        if server.zone and server.zone not in ZONES:
            yield f'zone: is "{server.zone}", must be {", ".join(ZONES)}: the number of a zone'
        yield from self.network.problems()
        yield from self.server.problems(server)
        yield from self.restore_from.problems()
