"""The setting `server` of `cloud: gcp`."""

import re
from collections.abc import Iterator
from typing import Any

import pydantic

from components.gcp import machines
from components.server import parameters, windows
from components.setting_model import SettingModel

INTERNAL_CA, CAS_CA = CA_MODES = ("GOOGLE_MANAGED_INTERNAL_CA", "GOOGLE_MANAGED_CAS_CA")
KEY = re.compile(r"projects/[^/]+/locations/(?P<region>[^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+")
MAX_CONNECTIONS = range(14, 262144)
"""The flag's values (cloud.google.com/sql/docs/postgres/flags)."""
FINAL_BACKUP_DAYS = range(1, 36136)
"""The provider's limits of settings.finalBackupConfig.retentionDays."""


class Server(SettingModel):
    """The setting `server`."""

    edition: str = ""
    """Empty for the one that offers the size."""
    ca_mode: str = INTERNAL_CA
    encryption_key_name: str = ""
    """A key of your own in Cloud KMS; empty for Google's."""
    backup_start_time: str = "03:00"
    """UTC."""
    maintenance_window: str = "sun:04"
    """UTC; one hour."""
    database_flags: dict[str, Any] = pydantic.Field(default_factory=dict)
    final_backup_days: int = 30
    secondary_zone: str = ""
    """Of the standby; empty for another zone of the cluster's nodes."""

    @property
    def flags(self) -> dict[str, str]:
        """The flags as Cloud SQL spells them."""
        return parameters.parameter_strings(self.database_flags)

    def problems(self) -> Iterator[str]:
        """One line for every value that Cloud SQL would refuse."""
        if self.edition and self.edition not in machines.EDITIONS:
            yield (f'server.edition: is "{self.edition}", must be {" or ".join(machines.EDITIONS)}')
        if self.ca_mode not in CA_MODES:
            yield f'server.caMode: is "{self.ca_mode}", must be {" or ".join(CA_MODES)}'
        if self.encryption_key_name and not KEY.fullmatch(self.encryption_key_name):
            yield (
                f'server.encryptionKeyName: is "{self.encryption_key_name}", must look like '
                "projects/…/locations/…/keyRings/…/cryptoKeys/…"
            )
        yield from windows.start_problems("server.backupStartTime", self.backup_start_time)
        yield from windows.hour_problems("server.maintenanceWindow", self.maintenance_window)
        yield from parameters.problems("server.databaseFlags", self.database_flags)
        connections = self.flags.get("max_connections", str(MAX_CONNECTIONS[0]))
        if not connections.isdecimal() or int(connections) not in MAX_CONNECTIONS:
            yield (
                f'server.databaseFlags.max_connections: is "{connections}", must be '
                f"{MAX_CONNECTIONS[0]} to {MAX_CONNECTIONS[-1]}"
            )
        if self.final_backup_days not in FINAL_BACKUP_DAYS:
            yield (
                f"server.finalBackupDays: is {self.final_backup_days}, must be "
                f"{FINAL_BACKUP_DAYS[0]} to {FINAL_BACKUP_DAYS[-1]}"
            )


def key_problems(name: str, region: str) -> Iterator[str]:
    """Cloud SQL takes only a key of its region (cloud.google.com/sql/docs/postgres/cmek)."""
    found = KEY.fullmatch(name)
    if found and found["region"] != region:
        yield (
            f"server.encryptionKeyName: is a key of {found['region']}, must be one of {region}, "
            "the region of the cluster"
        )
