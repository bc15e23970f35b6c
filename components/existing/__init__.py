"""`cloud: existing`: a cluster and a PostgreSQL server that are already there."""

from components.existing.discovery import discover
from components.existing.policy import IMPORT_IDS, POLICY, traits
from components.existing.postgres import Postgres
from components.existing.settings import Settings
from components.kubernetes.images import DOCKER_HUB as TOOLS_IMAGE

__all__ = ["IMPORT_IDS", "POLICY", "TOOLS_IMAGE", "Postgres", "Settings", "discover", "traits"]
