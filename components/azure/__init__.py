"""`cloud: azure`: an AKS cluster, and an Azure Database for PostgreSQL in the zone of its nodes."""

from components.azure.discovery import discover
from components.azure.policy import POLICY, traits
from components.azure.postgres import Postgres
from components.azure.recovery import IMPORT_IDS
from components.azure.settings import Settings

__all__ = ["IMPORT_IDS", "POLICY", "Postgres", "Settings", "discover", "traits"]
