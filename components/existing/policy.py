"""What the settings tell of a server that this program does not make."""

from collections.abc import Callable, Mapping
from typing import Any

from components.connection import ConnectionTraits
from components.existing.settings import Settings
from components.server.settings import ServerSettings
from components.server.zone import Zone

POLICY = None
"""No server is made, so no limits apply."""
IMPORT_IDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {}
"""No resource of a cloud is made."""


def traits(asked: ServerSettings, own: Settings) -> ConnectionTraits:
    """What the settings alone tell of the connection."""
    existing = own.existing
    zone = asked.zone or own.cluster.zone
    return ConnectionTraits(
        ssl_mode=existing.ssl_mode,
        has_ca=asked.ca_certificate is not None,
        has_password=bool(existing.admin_username or existing.password),
        creates_roles=bool(existing.admin_username),
        search_path=existing.search_path,
        zone=Zone(zone, zone) if zone else None,
        max_connections=existing.max_connections if existing.max_connections > 0 else None,
        version=int(asked.version) if asked.version.isdecimal() else None,
    )
