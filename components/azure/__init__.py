"""`cloud: azure`: an AKS cluster, and an Azure Database for PostgreSQL in the zone of its nodes."""

from components.azure.discovery import discover
from components.azure.policy import POLICY, traits
from components.azure.postgres import Postgres
from components.azure.recovery import IMPORT_IDS
from components.azure.settings import Settings
from components.kubernetes.images import DOCKER_HUB as TOOLS_IMAGE

__all__ = ["IMPORT_IDS", "POLICY", "TOOLS_IMAGE", "Postgres", "Settings", "discover", "traits"]
